exports.name = "layered";
