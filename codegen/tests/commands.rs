//! `fetch`, `diff`, `new-language`, and every language that is shipped.

mod support;

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use support::{copy, repository, tree, Place, Run};

/// Serves the documents of a folder as Asterisk does, to whoever knows the password; gives its address.
fn server(folder: &Path) -> String {
    let files = tree(folder);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("127.0.0.1:{}", listener.local_addr().unwrap().port());
    // hey:sécret
    let is_basic = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap_or_default();
        name.eq_ignore_ascii_case("authorization") && value == "Basic aGV5OnPDqWNyZXQ="
    };
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map(|line| line.unwrap());
            let request = lines.next().unwrap_or_default();
            let is_known = lines.take_while(|line| !line.is_empty()).any(|line| is_basic(&line));
            let path = request.split(' ').nth(1).unwrap_or_default();
            let name = match path.strip_prefix("/ari/api-docs/") {
                Some("resources.json") => "resources.json".to_string(),
                Some(name) => format!("api-docs/{name}"),
                None => String::new(),
            };
            let (status, body) = match files.get(&name) {
                _ if !is_known => ("401 Unauthorized", ""),
                Some(text) => ("200 OK", text.as_str()),
                None => ("404 Not Found", ""),
            };
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
            let _ = stream.write_all((head + body).as_bytes());
        }
    });
    address
}

#[test]
fn fetch_brings_in_facts_and_keeps_descriptions() {
    let place = Place::new();
    let address = server(&place.path("test_resources/asterisk"));
    let url = format!("http://hey:s%C3%A9cret@{address}");

    let wrong = place.run(&["fetch", &format!("http://hey:topsecret@{address}"), "docs"]);
    wrong.fails(2, &["401", "--password"]);
    assert!(!wrong.err().contains("topsecret"));
    place.run(&["fetch", &format!("http://hey:s%C3%A9cret@{address}/elsewhere"), "docs"]).fails(2, &["404"]);
    assert!(!place.path("docs").exists());

    let out = place.run(&["fetch", &url, "docs"]).ok();
    assert!(out.contains("wrote docs/api-docs/channels.json"), "{out}");
    let channels = place.read("docs/api-docs/channels.json");
    assert!(channels.contains("A key with a slip of the pen"));
    for odd in ["descriptioni", "__note", "_copyright"] {
        assert!(!channels.contains(odd), "{odd} is no part of the description");
    }
    assert!(place.run(&["diff", "docs", &url]).ok().starts_with("no difference in facts"));
    assert!(place.run(&["fetch", &url, "docs"]).ok().contains("0 written, 4 unchanged"));

    // Descriptions of our own stay, facts become the server's again.
    place.replace("docs/api-docs/channels.json", "Whom to call", "Our own words");
    place.replace("docs/api-docs/channels.json", "\"defaultValue\": 30", "\"defaultValue\": 31");
    place.run(&["fetch", &url, "docs"]).ok();
    let channels = place.read("docs/api-docs/channels.json");
    assert!(channels.contains("Our own words") && channels.contains("\"defaultValue\": 30"));
}

#[test]
fn fetch_leaves_room_for_descriptions_of_our_own() {
    let place = Place::new();
    let address = server(&place.path("test_resources/asterisk"));
    let given = ["--username", "hey", "--password", "sécret"];
    let fetch = |arguments: &[&str]| -> Run { place.run(&[arguments, &given].concat()) };
    let url = format!("http://{address}/ari");
    let out = fetch(&["fetch", "--without-descriptions", &url, "docs"]).ok();
    assert!(out.contains("no description: channels: originate.summary"), "{out}");
    assert!(out.contains("no description: channels: originate(class)"), "{out}");
    assert!(out.contains("no description: channels: originate!409"), "{out}");
    assert!(out.contains("no description: events: StasisStart.args"), "{out}");
    assert!(!place.read("docs/api-docs/channels.json").contains("Whom to call"));
    assert!(fetch(&["diff", "docs", &url]).ok().starts_with("no difference in facts"));
    place.run(&["generate", "--resources", "docs"]).ok();
}

#[test]
fn diff_tells_what_changed_and_nothing_else() {
    let place = Place::new();
    copy(&place.path("test_resources/asterisk"), &place.path("new"));
    let channels = "new/api-docs/channels.json";
    place.replace(channels, "Whom to call", "Other words are no difference");
    place.replace(channels, "http://localhost:8088/ari", "http://elsewhere/ari");
    place.replace(channels, "\"code\": \"409\"", "\"code\": 409");
    assert!(place.run(&["diff", "test_resources/asterisk", "new"]).ok().contains("3 resources, 9 operations"));

    place.replace(channels, "\"nickname\": \"hangup\"", "\"nickname\": \"hangUp\"");
    place.replace(channels, "\"defaultValue\": 30", "\"defaultValue\": 20");
    place.replace(channels, "\"code\": 409", "\"code\": 412");
    place.replace(channels, "\"12.0.0\"", "\"13.0.0\"");
    place.replace(channels, "\"Down\"", "\"Ring\"");
    place.replace(channels, "\"type\": \"List[List[double]]\"", "\"type\": \"List[double]\"");
    let run = place.run(&["diff", "test_resources/asterisk", "new"]);
    assert_eq!(run.code(), 1);
    let out = run.out();
    let expected = [
        "+ operation channels.hangUp\n",
        "- operation channels.hangup\n",
        "+ operation channels.originate, error 412\n",
        "- operation channels.originate, error 409\n",
        "~ operation channels.originate, parameter count, default: 30 -> 20\n",
        "~ operation channels.originate, since: 12.0.0 -> 13.0.0\n",
        "~ model Channel, property matrix, type: List[List[double]] -> List[double]\n",
        "~ model Channel, property state, allowed: Down | Up -> Ring | Up\n",
        "2 added, 2 removed, 4 changed\n",
    ];
    for line in expected {
        assert!(out.contains(line), "no {line:?} in: {out}");
    }
    assert_eq!(out.lines().count(), expected.len() + 2, "{out}");
}

#[test]
fn a_new_language_renders_everything_at_once() {
    let place = Place::new();
    let asterisk = repository("test_resources/asterisk");
    place.run(&["new-language", "klingon"]).ok();
    let resources = asterisk.to_str().unwrap();
    place.run(&["generate", "--language", "klingon", "--resources", resources]).ok();
    let files = tree(&place.path("bindings/klingon/generated"));
    let count = |folder: &str| files.keys().filter(|name| name.starts_with(folder)).count();
    assert_eq!((count("resources/"), count("objects/"), count("models/"), count("events/")), (11, 12, 40, 52));
    let methods: usize = files
        .iter()
        .filter(|(name, _)| name.starts_with("resources/"))
        .map(|(_, text)| text.matches("\n    method ").count())
        .sum();
    assert_eq!(methods, 109);
    assert!(files["client.txt"].matches("\n    method ").count() == 9);
    // And the awkward documents too, whose fields bear every name.
    place.run(&["generate", "--language", "klingon"]).ok();
    place.run(&["generate", "--language", "klingon", "--check"]).ok();

    place.run(&["new-language", "klingon"]).fails(2, &["is there already"]);
    for name in ["", "../x", "Klingon", "1x"] {
        place.run(&["new-language", name]).fails(2, &["no name for a language"]);
    }
}

#[test]
fn every_shipped_language_renders_asterisk_and_the_awkward() {
    let place = Place::new();
    let templates = repository("templates");
    for resources in ["test_resources/asterisk", "test_resources/awkward"] {
        let resources = repository(resources);
        let output = place.path("out");
        let run = place.run(&[
            "generate",
            "--root",
            repository("").to_str().unwrap(),
            "--templates",
            templates.to_str().unwrap(),
            "--resources",
            resources.to_str().unwrap(),
            "--output",
            output.to_str().unwrap(),
        ]);
        run.ok();
        let files = tree(&output);
        assert!(files.contains_key("rust/generated/operations.rs"), "{:?}", files.keys());
        for (name, text) in files.iter().filter(|(name, _)| name.ends_with(".json")) {
            serde_json::from_str::<serde_json::Value>(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        }
        // Rust went through rustfmt, which refuses what does not parse; the others read their own.
        let program = "import ast, pathlib, sys\nfor p in pathlib.Path(sys.argv[1]).rglob('*.py'): ast.parse(p.read_bytes(), str(p))";
        let python = Command::new("python3").args(["-W", "error", "-c", program]).arg(&output).output().unwrap();
        assert!(python.status.success(), "{}", String::from_utf8_lossy(&python.stderr));
        let scripts: Vec<&String> = files.keys().filter(|name| name.ends_with(".js")).collect();
        assert!(!scripts.is_empty());
        let program =
            "for (const p of process.argv.slice(1)) new vm.Script(fs.readFileSync(p, 'utf8'), { filename: p })";
        let node = Command::new("node").args(["-e", program]).args(scripts).current_dir(&output).output().unwrap();
        assert!(node.status.success(), "{}", String::from_utf8_lossy(&node.stderr));
        let check = repository("codegen/tests/support/check.pl");
        let perl = Command::new("perl").arg(check).arg(output.join("perl/generated")).output().unwrap();
        assert!(perl.status.success(), "{}", String::from_utf8_lossy(&perl.stderr));
    }
}

#[test]
fn documents_of_every_age_are_read() {
    // What the releases before 20 lack: `since` everywhere, and much of the rest.
    let place = Place::new();
    for name in ["channels", "class", "events"] {
        let path = format!("test_resources/asterisk/api-docs/{name}.json");
        let mut value: serde_json::Value = serde_json::from_str(&place.read(&path)).unwrap();
        remove(&mut value, &["since", "requiresModules", "apiVersion", "notes", "errorResponses"]);
        place.write(&path, &value.to_string());
    }
    place.run(&["generate"]).ok();
    // Asterisk's packages keep the documents beside the listing.
    copy(&place.path("test_resources/asterisk/api-docs"), &place.path("flat"));
    std::fs::copy(place.path("test_resources/asterisk/resources.json"), place.path("flat/resources.json")).unwrap();
    assert!(place.run(&["diff", "flat", "test_resources/asterisk"]).ok().starts_with("no difference"));
}

fn remove(value: &mut serde_json::Value, keys: &[&str]) {
    match value {
        serde_json::Value::Array(items) => items.iter_mut().for_each(|item| remove(item, keys)),
        serde_json::Value::Object(fields) => {
            fields.retain(|key, _| !keys.contains(&key.as_str()));
            fields.values_mut().for_each(|field| remove(field, keys));
        }
        _ => {}
    }
}

#[test]
fn every_declaration_finds_what_it_declares() {
    use ari_codegen::{api, declarations::Declarations, source};
    let declarations = Declarations::embedded().unwrap();
    let folder = repository("test_resources/asterisk");
    let documents = source::Documents::load(folder.to_str().unwrap(), &source::Credentials::default()).unwrap();
    let api = api::build(&documents.parse().unwrap(), &declarations).unwrap();
    assert_eq!(api.objects.len(), declarations.objects.len());
    assert!(api.objects.iter().all(|object| !object.operations.is_empty()));
    assert_eq!(api.calls.len(), declarations.calls.len());
    for event in &declarations.events {
        assert!(api.model(&event.name).is_some_and(|model| model.library), "{}", event.name);
    }
    let creates =
        |id: &str| api.creates(api.operation(id).expect("the operation is there")).map(|new| new.name.as_str());
    for (id, name) in [
        ("bridges.create", "bridgeId"),
        ("bridges.play", "playbackId"),
        ("channels.externalMedia", "channelId"),
        ("channels.originate", "channelId"),
        ("channels.playWithId", "playbackId"),
        ("channels.record", "name"),
        ("channels.snoopChannel", "snoopId"),
        ("channels.snoopChannelWithId", "snoopId"),
        ("recordings.copyStored", "destinationRecordingName"),
    ] {
        assert_eq!(creates(id), Some(name), "{id}");
    }
    // These say which object is meant.
    for id in ["bridges.createWithId", "channels.get", "channels.list", "channels.originateWithId", "playbacks.get"] {
        assert_eq!(creates(id), None, "{id}");
    }
    for quirk in &declarations.whole_bodies {
        let operation = api.operation(&quirk.operation).expect("the operation is there");
        assert!(operation.parameters.iter().any(|parameter| parameter.name == quirk.parameter));
    }
    for status in [400, 401, 403, 404, 405, 409, 412, 413, 418, 422, 500, 501, 503] {
        assert!(declarations.error_for(status).is_some(), "{status}");
    }
}
