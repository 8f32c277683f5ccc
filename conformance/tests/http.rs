//! The server over HTTP, seen by a client that writes and reads bytes.

mod support;

use std::time::Duration;

use serde_json::json;
use support::{control, credentials, exchange, problems, refusal, server};
use tokio::time::timeout;

const ONE: &str = r#"[{"id": "one/get", "kind": "call", "about": "why", "call": {"operation": "channels.get"},
    "requests": [{"method": "GET", "target": "/channels/a%2Fb?x=%C3%A9"}],
    "responses": [{"status": 200, "headers": {"X-Where": "{ari}|{path}"}, "json": {"id": "a/b"}}], "result": {"json": {"id": "a/b"}}, "object": "Channel"}]"#;

#[tokio::test]
async fn the_expected_request_is_answered_and_passes() {
    let server = server(ONE).await;
    let (answer, _) = exchange(&server, "GET /case/one/get/ari/channels/a%2Fb?x=%C3%A9", &credentials(), "").await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.ends_with("{\"id\":\"a/b\"}"), "{answer}");
    let wanted = format!("X-Where: {}/case/one/get/ari|/case/one/get/ari\r\n", server.url());
    assert!(answer.contains(&wanted), "{answer}");
    assert_eq!(problems(&server, "one/get").await, "");
}

#[tokio::test]
async fn the_target_is_compared_byte_for_byte() {
    let server = server(ONE).await;
    exchange(&server, "GET /case/one/get/ari/channels/a%2fb?x=%C3%A9", &credentials(), "").await;
    let problems = problems(&server, "one/get").await;
    assert!(problems.contains("GET /channels/a%2fb?x=%C3%A9") && problems.contains("expected"), "{problems}");
}

#[tokio::test]
async fn requests_that_do_not_come_and_those_too_many_are_told() {
    let server = server(ONE).await;
    assert_eq!(problems(&server, "one/get").await, "request \"GET /channels/a%2Fb?x=%C3%A9\" did not come");
    for _ in 0..2 {
        exchange(&server, "GET /case/one/get/ari/channels/a%2Fb?x=%C3%A9", &credentials(), "").await;
    }
    assert!(problems(&server, "one/get").await.contains("was not expected"));
    assert_eq!(control(&server, "POST /reset/one/get", "").await.0, 200);
    assert!(problems(&server, "one/get").await.contains("did not come"));
}

#[tokio::test]
async fn credentials_are_checked_and_must_not_be_in_the_url() {
    let server = server(ONE).await;
    for headers in [String::new(), credentials().repeat(2), "Authorization: Basic Y29uZm9ybTp4\r\n".into()] {
        let (answer, _) = exchange(&server, "GET /case/one/get/ari/channels/a%2Fb?x=%C3%A9", &headers, "").await;
        assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
        assert!(answer.contains("WWW-Authenticate: Basic"), "{answer}");
    }
    assert!(problems(&server, "one/get").await.contains("without the case's credentials (2 headers)"));
    control(&server, "POST /reset/one/get", "").await;
    exchange(&server, "GET /case/one/get/ari/channels?api_key=a:b", &credentials(), "").await;
    assert!(problems(&server, "one/get").await.contains("credentials are in a URL"));
}

#[tokio::test]
async fn the_probe_is_answered_by_the_server_itself() {
    let server = server(r#"[{"id": "c", "kind": "connect", "result": {"nothing": true}}]"#).await;
    for _ in 0..2 {
        let line = "GET /case/c/ari/asterisk/info?only=system";
        let (answer, _) = exchange(&server, line, &credentials(), "").await;
        assert!(answer.contains("\"version\":\"22.10.1\""), "{answer}");
    }
    assert_eq!(problems(&server, "c").await, "");
}

#[tokio::test]
async fn bodies_are_equal_as_json_and_must_be_declared_so() {
    let cases = r#"[{"id": "b", "kind": "request", "request": {"method": "POST", "path": "/x"},
        "requests": [{"method": "POST", "target": "/x", "body": {"a": 1, "b": 9007199254740993}}, {"method": "POST", "target": "/y"}],
        "responses": [{"status": 204}, {"status": 204}], "result": {"nothing": true}}]"#;
    let server = server(cases).await;
    let json = format!("{}Content-Type: application/json\r\n", credentials());
    let body = r#"{"b": 9007199254740993, "a": 1.0}"#;
    let (answer, _) = exchange(&server, "POST /case/b/ari/x", &json, body).await;
    assert!(answer.starts_with("HTTP/1.1 204 "), "{answer}");
    exchange(&server, "POST /case/b/ari/y", &credentials(), "").await;
    assert_eq!(problems(&server, "b").await, "");
    control(&server, "POST /reset/b", "").await;
    exchange(&server, "POST /case/b/ari/x", &credentials(), r#"{"a":1,"b":9007199254740992}"#).await;
    exchange(&server, "POST /case/b/ari/y", &credentials(), "{}").await;
    let problems = problems(&server, "b").await;
    for part in ["content type", "9007199254740992", "request body \"{}\", expected \"\""] {
        assert!(problems.contains(part), "{part}: {problems}");
    }
}

#[tokio::test]
async fn faults_are_played_where_they_belong() {
    let faults = [
        (r#"{"fault": "reset"}"#, "", true),
        (r#"{"fault": "close"}"#, "", false),
        (r#"{"fault": "reset", "at": "body", "status": 200, "text": "12345678"}"#, "\r\n\r\n1234", true),
        (r#"{"fault": "truncate", "status": 200, "text": "12345678"}"#, "\r\n\r\n1234", false),
        (r#"{"raw": "nonsense"}"#, "nonsense", false),
    ];
    for (response, end, reset) in faults {
        let cases = format!(
            r#"[{{"id": "f", "kind": "request", "request": {{"method": "GET", "path": "/x"}}, "requests": [{{"method": "GET", "target": "/x"}}],
            "responses": [{response}], "result": {{"nothing": true}}}}]"#
        );
        let server = server(&cases).await;
        let (answer, was_reset) = exchange(&server, "GET /case/f/ari/x", &credentials(), "").await;
        assert!(answer.ends_with(end) && (!end.is_empty() || answer.is_empty()), "{response}: {answer}");
        assert_eq!(was_reset, reset, "{response}");
        assert_eq!(problems(&server, "f").await, "");
    }
}

#[tokio::test]
async fn half_a_header_and_silence() {
    let cases = r#"[{"id": "h", "kind": "request", "request": {"method": "GET", "path": "/x"}, "requests": [{"method": "GET", "target": "/x"}],
        "responses": [{"fault": "silence", "at": "head", "status": 200, "text": "x"}], "result": {"nothing": true}}]"#;
    let server = server(cases).await;
    let headers = credentials();
    let asked = exchange(&server, "GET /case/h/ari/x", &headers, "");
    assert!(timeout(Duration::from_millis(200), asked).await.is_err(), "nothing may end this connection");
    assert_eq!(problems(&server, "h").await, "");
}

#[tokio::test]
async fn another_origin_gets_no_credentials() {
    let cases = r#"[{"id": "r", "kind": "call", "call": {"operation": "x"}, "requests": [{"method": "GET", "target": "/a"}, {"method": "GET", "target": "/b", "elsewhere": true}],
        "responses": [{"status": 307, "headers": {"Location": "{elsewhere}/b"}}, {"status": 204}], "result": {"nothing": true}}]"#;
    for (headers, problem) in [(String::new(), ""), (credentials(), "credentials went to another origin: GET /b")] {
        let server = server(cases).await;
        let (answer, _) = exchange(&server, "GET /case/r/ari/a", &credentials(), "").await;
        let location = answer.lines().find_map(|line| line.strip_prefix("Location: http://")).unwrap();
        let (host, path) = location.split_once('/').unwrap();
        let mut stream = tokio::net::TcpStream::connect(host).await.unwrap();
        let request = format!("GET /{path} HTTP/1.1\r\n{headers}\r\n");
        tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes()).await.unwrap();
        let mut answer = [0; 12];
        tokio::io::AsyncReadExt::read_exact(&mut stream, &mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 204");
        assert_eq!(problems(&server, "r").await, problem);
    }
}

#[tokio::test]
async fn the_outcome_is_compared() {
    let server = server(ONE).await;
    exchange(&server, "GET /case/one/get/ari/channels/a%2Fb?x=%C3%A9", &credentials(), "").await;
    assert_eq!(server.verdict("one/get", &json!({"json": {"id": "a/b"}, "object": "Channel"})).await, [""; 0]);
    let wrong = [
        (json!({"json": {"id": "a/c"}, "object": "Channel"}), "expected JSON"),
        (json!({"json": {"id": "a/b"}, "object": "Bridge"}), "expected objects of class"),
        (json!({"nothing": true, "object": "Channel"}), "result: nothing"),
        (json!({}), "no outcome at all"),
        (json!({"error": {"class": "NotFoundException", "text": "gone"}}), "error NotFoundException: gone"),
        (json!({"error": {"class": "X", "text": "for sécret:pässword"}}), "the password is in"),
        (json!({"whatever": 1}), "the outcome cannot be read"),
    ];
    for (outcome, says) in wrong {
        let (_, verdict) = control(&server, "POST /verdict/one/get", &outcome.to_string()).await;
        assert_eq!((&verdict["ok"], &verdict["about"]), (&json!(false), &json!("why")));
        assert!(verdict["problems"].to_string().contains(says), "{says}: {verdict}");
    }
}

#[tokio::test]
async fn control_answers_in_clear_words() {
    let server = server(ONE).await;
    let (_, cases) = control(&server, "GET /cases?kind=call", "").await;
    assert_eq!(cases[0]["url"], json!(format!("{}/case/one/get", server.url())));
    assert_eq!((&cases[0]["username"], &cases[0]["file"]), (&json!("conform"), &json!("cases.json")));
    assert_eq!(control(&server, "GET /cases?kind=events", "").await.1, json!([]));
    let wrong = [
        ("GET /cases?kind=calls", 400, "there is no kind \"calls\""),
        ("GET /verdict/two", 404, "there is no case \"two\"; GET /cases lists them"),
        ("POST /reset/two", 404, "there is no case \"two\""),
        ("GET /case/two/ari/x", 404, "there is no case \"two\""),
        ("GET /case/one", 404, "a case is at /case/<id>/ari/"),
        ("DELETE /cases", 404, "DELETE /cases is nothing this server knows"),
        ("POST /verdict/one/get", 400, "the outcome is not JSON"),
    ];
    for (line, status, says) in wrong {
        let (seen, answer) = control(&server, line, "").await;
        assert_eq!(seen, status, "{line}");
        assert!(answer["message"].as_str().unwrap().contains(says), "{line}: {answer}");
    }
    let (_, closed) = control(&server, "GET /closed-port", "").await;
    let address = closed["url"].as_str().unwrap().trim_start_matches("http://").to_owned();
    let refused = tokio::net::TcpStream::connect(address).await.unwrap_err();
    assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn what_is_no_http_does_not_disturb_the_server() {
    let server = server(ONE).await;
    for nonsense in ["\r\n\r\n\0\u{1}", "GET\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"] {
        let mut stream = support::connect(&server).await;
        tokio::io::AsyncWriteExt::write_all(&mut stream, nonsense.as_bytes()).await.unwrap();
    }
    assert_eq!(control(&server, "GET /", "").await.1["cases"], json!(1));
}

#[tokio::test]
async fn bad_files_are_refused_with_file_case_and_reason() {
    let call = r#""kind": "call", "call": {"operation": "x"}, "result": {"nothing": true}"#;
    let with = |more: &str| format!(r#"[{{"id": "bad", {call}, {more}}}]"#);
    let wrong = [
        ("[".to_owned(), "line 1"),
        (r#"[{"id": "a b", "kind": "connect", "result": {"nothing": true}}]"#.into(), "\"id\" is part of a URL"),
        (format!(r#"[{{"id": "a", {call}}}, {{"id": "a", {call}}}]"#), "the id is taken by a case in cases.json"),
        (r#"[{"id": "bad", "kind": "call", "result": {"nothing": true}}]"#.into(), "needs \"call\""),
        (with(r#""apps": ["x"]"#), "cannot have \"apps\""),
        (with(r#""requests": [{"method": "GET", "target": "/x"}]"#), "1 requests but 0 responses"),
        (with(r#""requests": [{"method": "GET", "target": "x"}], "responses": [{"status": 204}]"#), "must start with"),
        (with(r#""requests": [{"method": "GET", "target": "/x"}], "responses": [{}]"#), "needs a \"status\""),
        (
            with(
                r#""requests": [{"method": "GET", "target": "/asterisk/info?only=system"}], "responses": [{"status": 204}]"#,
            ),
            "by itself",
        ),
        (with(r#""colour": 1"#), "colour"),
        (with(r#""about": "${x}""#), "there is no variable \"x\""),
        (
            r#"[{"id": "e", "kind": "events", "apps": ["a"], "expect": [{"handler": "h", "event": "E"}]}]"#.into(),
            "handler \"h\"",
        ),
        (r#"[{"id": "e", "kind": "events", "apps": ["a"], "script": [{"send": []}]}]"#.into(), "step 1 of the script"),
        (
            r#"[{"id": "e", "kind": "events", "apps": ["a"], "handlers": [{"name": "h", "event": "E", "does": [{"hold": true}]}]}]"#.into(),
            "needs a step \"release\"",
        ),
        (
            r#"[{"id": "e", "kind": "events", "apps": ["a"], "handlers": [{"name": "h", "event": "E", "same_as": "g"}]}]"#.into(),
            "no handler \"g\"",
        ),
    ];
    for (cases, says) in wrong {
        let text = refusal(&cases).await;
        assert!(text.contains("cases.json") && text.contains(says), "{says}: {text}");
    }
    let nowhere = ari_conformance::Server::start(std::path::Path::new("/nowhere/at/all")).await;
    assert!(nowhere.err().unwrap().to_string().starts_with("/nowhere/at/all: "));
}
