import imported from "shared-esm";

export const handler = async () => imported;
