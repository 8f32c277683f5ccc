//! What comes out of the awkward documents, whole, compared with what is in `golden/`.
//!
//! After a wanted change: `UPDATE_GOLDEN=1 cargo test -p ari-codegen --test golden`, then read the difference.

mod support;

use std::collections::BTreeMap;
use std::fs;

use support::{copy, repository, tree, Place};

#[test]
fn the_awkward_documents_give_exactly_this() {
    let place = Place::new();
    place.run(&["generate"]).ok();
    let golden = repository("codegen/tests/golden");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::remove_dir_all(&golden).unwrap();
        copy(&place.path("golden/generated"), &golden);
    }
    let (expected, got) = (tree(&golden), place.generated());
    let names = |files: &BTreeMap<String, String>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&got), names(&expected));
    for (name, text) in &expected {
        for (i, (expected, got)) in text.lines().zip(got[name].lines()).enumerate() {
            assert_eq!(got, expected, "{name}, line {}", i + 1);
        }
        assert_eq!(&got[name], text, "{name}");
    }
}

#[test]
fn the_same_comes_out_whatever_the_order_of_the_documents() {
    let place = Place::new();
    place.run(&["generate"]).ok();
    let first = place.generated();
    let listing = place.read("test_resources/asterisk/resources.json");
    let mut value: serde_json::Value = serde_json::from_str(&listing).unwrap();
    value["apis"].as_array_mut().unwrap().reverse();
    place.write("test_resources/asterisk/resources.json", &value.to_string());
    let out = place.run(&["generate"]).ok();
    assert_eq!(place.generated(), first);
    assert!(out.contains("0 written, 0 removed"), "{out}");
}

#[test]
fn models_in_another_order_are_the_same_models() {
    let place = Place::new();
    place.run(&["generate"]).ok();
    let first = place.generated();
    for name in ["channels", "events"] {
        let path = format!("test_resources/asterisk/api-docs/{name}.json");
        let mut value: serde_json::Value = serde_json::from_str(&place.read(&path)).unwrap();
        let models = value["models"].as_object_mut().unwrap();
        let reversed: serde_json::Map<_, _> = std::mem::take(models).into_iter().rev().collect();
        *models = reversed;
        place.write(&path, &value.to_string());
    }
    place.run(&["generate"]).ok();
    assert_eq!(place.generated(), first);
}
