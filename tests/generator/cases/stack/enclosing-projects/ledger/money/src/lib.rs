pub const NAME: &str = "EUR";
