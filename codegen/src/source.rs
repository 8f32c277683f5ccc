//! Where the Swagger documents come from: a folder, or a running Asterisk.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::error::{Error, Result};
use crate::swagger::{self, Declaration, Listing};

/// Name and password for a running Asterisk.
#[derive(Debug, Clone, Default)]
pub struct Credentials {
    pub username: Option<String>,
    pub password: Option<String>,
}

/// A text with the name it has in error messages.
#[derive(Debug, Clone)]
pub struct Document {
    pub file: String,
    pub text: String,
}

/// `resources.json` and the documents it lists, in that order.
#[derive(Debug, Clone)]
pub struct Documents {
    pub listing: Document,
    pub resources: Vec<(String, Document)>,
}

/// The same, read.
#[derive(Debug, Clone)]
pub struct Parsed {
    pub resources: Vec<ParsedResource>,
}

#[derive(Debug, Clone)]
pub struct ParsedResource {
    pub name: String,
    pub description: String,
    pub file: String,
    pub declaration: Declaration,
}

impl Documents {
    /// `place` is a folder or an `http(s)://` address.
    pub fn load(place: &str, credentials: &Credentials) -> Result<Documents> {
        let reader = if place.starts_with("http://") || place.starts_with("https://") {
            Reader::server(place, credentials)?
        } else {
            Reader::folder(Path::new(place))?
        };
        let listing = reader.listing()?;
        let parsed = parse_listing(&listing)?;
        let mut resources = Vec::new();
        for entry in &parsed.apis {
            let name = entry.resource();
            if name.is_empty() || name.contains(['\\', ':']) || name.starts_with('.') {
                return Err(Error::in_file(&listing.file, format!("{:?} names no document", entry.path)));
            }
            resources.push((name.to_string(), reader.resource(name)?));
        }
        Ok(Documents { listing, resources })
    }

    pub fn parse(&self) -> Result<Parsed> {
        let listing = parse_listing(&self.listing)?;
        let mut resources = Vec::new();
        for (entry, (name, document)) in listing.apis.iter().zip(&self.resources) {
            let declaration: Declaration = swagger::parse(&document.file, &document.text)?;
            check_version(&document.file, &declaration.swagger_version)?;
            resources.push(ParsedResource {
                name: name.clone(),
                description: entry.description.clone(),
                file: document.file.clone(),
                declaration,
            });
        }
        Ok(Parsed { resources })
    }
}

fn parse_listing(document: &Document) -> Result<Listing> {
    let listing: Listing = swagger::parse(&document.file, &document.text)?;
    check_version(&document.file, &listing.swagger_version)?;
    Ok(listing)
}

fn check_version(file: &str, version: &str) -> Result<()> {
    match version {
        "1.1" | "1.2" => Ok(()),
        other => Err(Error::at(
            file,
            "swaggerVersion",
            format!("{other:?} is not supported; Asterisk publishes 1.1 and 1.2"),
        )),
    }
}

enum Reader {
    Folder { listing: PathBuf, documents: PathBuf },
    Server { client: reqwest::blocking::Client, base: String, credentials: Credentials },
}

impl Reader {
    /// The documents lie in `api-docs/` beside the listing, or, in Asterisk's own packages, in the same folder.
    fn folder(folder: &Path) -> Result<Reader> {
        let listing = folder.join("resources.json");
        if !listing.is_file() {
            return Err(Error::in_file(
                folder.display().to_string(),
                "no resources.json here; give a folder of Swagger documents or the URL of a running Asterisk",
            ));
        }
        let nested = folder.join("api-docs");
        let documents = if nested.is_dir() { nested } else { folder.to_path_buf() };
        Ok(Reader::Folder { listing, documents })
    }

    fn server(url: &str, given: &Credentials) -> Result<Reader> {
        let mut address =
            reqwest::Url::parse(url).map_err(|error| Error::new(format!("the address is not a URL: {error}")))?;
        let decode = |text: &str| percent_decode(text);
        let credentials = Credentials {
            username: match address.username() {
                "" => given.username.clone(),
                name => Some(decode(name)),
            },
            password: match address.password() {
                None => given.password.clone(),
                Some(password) => Some(decode(password)),
            },
        };
        let _ = address.set_username("");
        let _ = address.set_password(None);
        address.set_query(None);
        address.set_fragment(None);
        // A client may be made before anything else of rustls is in use; a second install is harmless.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::blocking::Client::builder()
            .connect_timeout(Duration::from_secs(10))
            .timeout(Duration::from_secs(60))
            .build()
            .map_err(|error| Error::new(format!("cannot make an HTTP client: {error}")))?;
        Ok(Reader::Server { client, base: documents_address(address.as_str()), credentials })
    }

    fn listing(&self) -> Result<Document> {
        match self {
            Reader::Folder { listing, .. } => read(listing),
            Reader::Server { .. } => self.get("resources.json"),
        }
    }

    fn resource(&self, name: &str) -> Result<Document> {
        match self {
            Reader::Folder { documents, .. } => read(&documents.join(format!("{name}.json"))),
            Reader::Server { .. } => self.get(&format!("{name}.json")),
        }
    }

    fn get(&self, name: &str) -> Result<Document> {
        let Reader::Server { client, base, credentials } = self else { unreachable!("only servers are asked") };
        let file = format!("{base}/{name}");
        let mut request = client.get(&file);
        if let Some(username) = &credentials.username {
            request = request.basic_auth(username, credentials.password.as_ref());
        }
        let failed = |error: reqwest::Error| Error::in_file(&file, reason(&error));
        let response = request.send().map_err(failed)?;
        let status = response.status();
        if status.as_u16() == 401 {
            return Err(Error::in_file(
                &file,
                "401: name or password wrong or missing; give --username and --password, or set ARI_USERNAME and ARI_PASSWORD",
            ));
        }
        if !status.is_success() {
            return Err(Error::in_file(
                &file,
                format!("the server answered {status}; is this the address of an Asterisk with ARI enabled?"),
            ));
        }
        let text = response.text().map_err(failed)?;
        Ok(Document { file, text })
    }
}

/// The address of Asterisk, of its ARI, of the documents or of the listing: all are understood.
fn documents_address(address: &str) -> String {
    let address = address.trim_end_matches('/');
    let address = address.strip_suffix("/resources.json").unwrap_or(address).trim_end_matches('/');
    if address.ends_with("/api-docs") {
        address.to_string()
    } else if address.ends_with("/ari") {
        format!("{address}/api-docs")
    } else {
        format!("{address}/ari/api-docs")
    }
}

/// reqwest's own text leaves the cause (refused, unknown host) to `source`.
fn reason(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        source = cause.source();
    }
    text
}

fn percent_decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let pair = bytes.get(at + 1..at + 3).and_then(|pair| {
            let pair = std::str::from_utf8(pair).ok()?;
            u8::from_str_radix(pair, 16).ok()
        });
        match (bytes[at], pair) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
            }
            (byte, _) => {
                out.push(byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn read(path: &Path) -> Result<Document> {
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| Error::in_file(&file, error.to_string()))?;
    Ok(Document { file, text })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_usual_address_of_a_server_is_understood() {
        for address in [
            "http://pbx:8088",
            "http://pbx:8088/",
            "http://pbx:8088/ari",
            "http://pbx:8088/ari/",
            "http://pbx:8088/ari/api-docs",
            "http://pbx:8088/ari/api-docs/resources.json",
        ] {
            assert_eq!(documents_address(address), "http://pbx:8088/ari/api-docs");
        }
        assert_eq!(documents_address("https://pbx/prefix/ari"), "https://pbx/prefix/ari/api-docs");
    }

    #[test]
    fn credentials_in_an_address_are_decoded() {
        assert_eq!(percent_decode("s%C3%A9cret%3A%%2"), "sécret:%%2");
    }
}
