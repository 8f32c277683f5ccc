//! `include/ari.h` is what cbindgen makes of the sources. `make generate` makes it anew (UPDATE_GOLDEN=1).

use std::path::Path;

#[test]
fn the_header_is_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut builder =
        cbindgen::Builder::new().with_config(cbindgen::Config::from_file(root.join("cbindgen.toml")).unwrap());
    // In the order in which one reads them.
    for module in ["bytes", "answer", "client", "port", "batch", "stream", "simulator"] {
        builder = builder.with_src(root.join("src").join(module).with_extension("rs"));
    }
    let mut made = Vec::new();
    builder.generate().unwrap().write(&mut made);
    let made = String::from_utf8(made).unwrap();
    let file = root.join("include/ari.h");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, &made).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap(), made, "include/ari.h is out of date: make generate");
}
