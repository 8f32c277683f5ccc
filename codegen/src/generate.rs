//! `generate`: from documents to files, for one language or for all.

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};

use crate::api::{self, Api};
use crate::context;
use crate::declarations::Declarations;
use crate::error::{Error, Result};
use crate::language::{Language, FOLDER};
use crate::render;
use crate::source::{Credentials, Documents};
use crate::write::Plan;

/// Where things are.
#[derive(Debug, Clone)]
pub struct Job {
    /// Root of the repository: languages' outputs are relative to it.
    pub root: PathBuf,
    /// Folder with one folder of templates per language.
    pub templates: PathBuf,
    /// Folder or URL of the documents.
    pub resources: String,
    pub credentials: Credentials,
    /// Names of languages; none means all.
    pub languages: Vec<String>,
    /// Write below this folder instead, and touch nothing else.
    pub output: Option<PathBuf>,
}

/// What a language is to have in its folder.
struct Output {
    folder: PathBuf,
    files: render::Rendered,
}

impl Job {
    /// Renders everything in memory and compares it with what is there.
    pub fn plan(&self) -> Result<Plan> {
        let declarations = Declarations::embedded()?;
        let api = self.api(&declarations)?;
        let names = self.names()?;
        // Formatters are programs that have to be waited for; the languages do not wait for each other.
        let rendered: Vec<Result<Output>> = std::thread::scope(|scope| {
            let (api, declarations) = (&api, &declarations);
            let mut threads = Vec::new();
            for name in &names {
                threads.push(scope.spawn(move || self.render(name, api, declarations)));
            }
            threads.into_iter().map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
        });
        let mut wanted: BTreeMap<PathBuf, String> = BTreeMap::new();
        let mut folders = Vec::new();
        for language in rendered {
            let Output { folder, files } = language?;
            for (path, text) in files {
                let path = folder.join(path);
                if wanted.insert(path.clone(), text).is_some() {
                    return Err(Error::in_file(path.display().to_string(), "two languages write this file"));
                }
            }
            folders.push(folder);
        }
        Plan::make(&folders, wanted)
    }

    fn render(&self, name: &str, api: &Api, declarations: &Declarations) -> Result<Output> {
        let templates = self.templates.join(name);
        let language = Language::load(&templates)?;
        let folder = match &self.output {
            None => self.root.join(&language.root),
            Some(output) => output.join(name).join(FOLDER),
        };
        let view = context::build(api, declarations, &language)?;
        let files = render::render(&language, &templates, &self.root, &view)?;
        Ok(Output { folder, files })
    }

    /// What the templates of a language are given.
    pub fn context(&self, language: &str) -> Result<serde_json::Value> {
        let declarations = Declarations::embedded()?;
        let api = self.api(&declarations)?;
        let language = Language::load(&self.folder(language)?)?;
        context::build(&api, &declarations, &language)
    }

    fn api(&self, declarations: &Declarations) -> Result<Api> {
        let documents = Documents::load(&self.resources, &self.credentials)?;
        api::build(&documents.parse()?, declarations)
    }

    fn names(&self) -> Result<Vec<String>> {
        if self.languages.is_empty() {
            let names = languages(&self.templates)?;
            if names.is_empty() {
                return Err(Error::in_file(
                    self.templates.display().to_string(),
                    "no language here: a language is a folder with a language.toml",
                ));
            }
            return Ok(names);
        }
        let mut names = self.languages.clone();
        names.sort();
        names.dedup();
        for name in &names {
            self.folder(name)?;
        }
        Ok(names)
    }

    fn folder(&self, language: &str) -> Result<PathBuf> {
        let folder = self.templates.join(language);
        if crate::language::is_inside(language) && folder.join("language.toml").is_file() {
            return Ok(folder);
        }
        let known = languages(&self.templates)?.join(", ");
        Err(Error::new(format!(
            "there is no language {language:?}; there are: {known}. `ari-codegen new-language {language}` begins one"
        )))
    }
}

/// Languages in a folder of templates, by name.
pub fn languages(templates: &Path) -> Result<Vec<String>> {
    let failed = |error: std::io::Error| Error::in_file(templates.display().to_string(), error.to_string());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(templates).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        if entry.path().join("language.toml").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}
