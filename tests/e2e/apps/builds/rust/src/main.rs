//! The Runtime API by hand, over a plain socket: a client of AWS's would compile for a minute.
use std::io::{Read, Write};
use std::net::TcpStream;
use std::{env, fs};

fn send(host: &str, method: &str, path: &str, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(host)?;
    let length = body.len();
    write!(stream, "{method} /2018-06-01/runtime/invocation/{path} HTTP/1.1\r\nHost: {host}\r\n")?;
    write!(stream, "Content-Length: {length}\r\nConnection: close\r\n\r\n{body}")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let host = env::var("AWS_LAMBDA_RUNTIME_API")?;
    loop {
        let next = send(&host, "GET", "next", "")?;
        let header = "lambda-runtime-aws-request-id: ";
        let id = next.lines().find_map(|line| line.to_lowercase().strip_prefix(header).map(String::from));
        let layer = fs::read_to_string("/opt/share/name.txt")?;
        let answer = format!(r#"{{"layer": "{}", "own": {}}}"#, layer.trim(), itoa::Buffer::new().format(7));
        send(&host, "POST", &format!("{}/response", id.ok_or("no request id")?), &answer)?;
    }
}
