//! Puts the API, as a language sees it, through the language's templates.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tera::{Context, Kwargs, State, Tera};

use crate::error::{Error, Result};
use crate::language::{is_inside, Language, Output, Per, FOLDER, MARKER};

/// Rendered files by path below the root of the language's outputs.
pub type Rendered = BTreeMap<String, String>;

/// Renders all outputs of a language. `folder` holds its templates, `home` is where its formatter is run.
pub fn render(language: &Language, folder: &Path, home: &Path, api: &Value) -> Result<Rendered> {
    let tera = templates(language, folder)?;
    let base = tera::Value::from_serializable(api);
    let mut rendered = Rendered::new();
    for output in &language.output {
        let file = folder.join(&output.template).display().to_string();
        if !tera.contains_template(&output.template) {
            return Err(Error::in_file(&file, "language.toml names this template, but it is not there"));
        }
        let mut vars = language.vars.clone();
        vars.extend(output.vars.clone());
        for item in items(output, api) {
            let mut context = Context::new();
            context.insert_value("api", base.clone());
            context.insert("header", &language.header);
            context.insert("language", &language.name);
            context.insert("vars", &vars);
            let path = match item {
                None => output.path.clone(),
                Some((key, item)) => {
                    context.insert(key, item);
                    fill_path(&output.path, item)
                }
            };
            if !is_inside(&path) {
                return Err(Error::in_file(&file, format!("{path:?} is no path below the folder of the outputs")));
            }
            let text = tera.render(&output.template, &context).map_err(|error| template_error(&file, &error))?;
            // This is how a template passes over an item.
            if text.trim().is_empty() {
                continue;
            }
            if !text.lines().take(5).any(|line| line.contains(MARKER)) {
                return Err(Error::in_file(
                    &file,
                    format!("the first lines of {path:?} must hold the header: begin with {{{{ header }}}}"),
                ));
            }
            if rendered.insert(path.clone(), text).is_some() {
                return Err(Error::in_file(&file, format!("{path:?} would be written twice")));
            }
        }
    }
    format_all(language, home, &mut rendered)?;
    Ok(rendered)
}

/// The items of an output with the name under which its template finds them; `None` stands for the whole API.
fn items<'a>(output: &Output, api: &'a Value) -> Vec<Option<(&'static str, &'a Value)>> {
    let (list, name) = match output.per {
        Per::Api => return vec![None],
        Per::Resource => ("resources", "resource"),
        Per::Object => ("objects", "object"),
        Per::Model => ("models", "model"),
        Per::Event => ("events", "event"),
    };
    api[list].as_array().into_iter().flatten().map(|item| Some((name, item))).collect()
}

fn fill_path(pattern: &str, item: &Value) -> String {
    ["file", "name", "class"].iter().fold(pattern.to_string(), |path, key| {
        path.replace(&format!("{{{key}}}"), item[key].as_str().unwrap_or_default())
    })
}

fn templates(language: &Language, folder: &Path) -> Result<Tera> {
    let mut files: Vec<(String, String)> = Vec::new();
    collect(folder, "", &mut files)?;
    files.sort();
    let mut tera = Tera::new();
    tera.autoescape_on(Vec::<&str>::new());
    register(&mut tera, language);
    tera.add_raw_templates(files.iter().map(|(name, text)| (name.as_str(), tidy(text))))
        .map_err(|error| template_error(&folder.display().to_string(), &error))?;
    Ok(tera)
}

/// All `*.tera` below a folder, named as their path in it.
fn collect(folder: &Path, prefix: &str, files: &mut Vec<(String, String)>) -> Result<()> {
    let failed = |error: std::io::Error| Error::in_file(folder.display().to_string(), error.to_string());
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        let path = entry.path();
        if path.is_dir() {
            collect(&path, &format!("{name}/"), files)?;
        } else if name.ends_with(".tera") {
            let text = std::fs::read_to_string(&path)
                .map_err(|error| Error::in_file(path.display().to_string(), error.to_string()))?;
            files.push((name, text));
        }
    }
    Ok(())
}

/// A line that holds one tag or comment and nothing else leaves no line behind. Its blanks and its line break
/// move inside the tag, so that the lines of error messages stay those of the file.
fn tidy(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let tag = line.trim();
        let pair = [("{%", "%}"), ("{#", "#}")].into_iter().find(|(open, close)| {
            tag.len() >= open.len() + close.len()
                && tag.starts_with(open)
                && tag.ends_with(close)
                && tag.matches(open).count() == 1
                && tag.matches(close).count() == 1
        });
        match pair {
            Some((_, close)) if line.ends_with('\n') => {
                out.push_str(tag.trim_end_matches(close));
                out.push('\n');
                out.push_str(close);
            }
            _ => out.push_str(line),
        }
    }
    out
}

fn register(tera: &mut Tera, language: &Language) {
    let style = language.doc.clone();
    tera.register_filter("doc", move |text: &str, kwargs: Kwargs, _: &State| -> tera::TeraResult<String> {
        let indent = kwargs.get::<usize>("indent")?.unwrap_or(0);
        Ok(style.comment(text, indent))
    });
    let quoting = language.clone();
    tera.register_filter("quote", move |text: &str, _: Kwargs, _: &State| quoting.quote(text));
    tera.register_filter("json", |value: &tera::Value, kwargs: Kwargs, _: &State| -> tera::TeraResult<String> {
        let pretty = kwargs.get::<bool>("pretty")?.unwrap_or(false);
        let text = match pretty {
            true => serde_json::to_string_pretty(value),
            false => serde_json::to_string(value),
        };
        text.map_err(tera::Error::message)
    });
    for (name, case) in [
        ("snake", crate::naming::Case::Snake),
        ("camel", crate::naming::Case::Camel),
        ("pascal", crate::naming::Case::Pascal),
        ("kebab", crate::naming::Case::Kebab),
        ("screaming", crate::naming::Case::Screaming),
    ] {
        tera.register_filter(name, move |text: &str, _: Kwargs, _: &State| case.apply(text));
    }
}

fn template_error(file: &str, error: &tera::Error) -> Error {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}\n{cause}");
        source = cause.source();
    }
    Error::in_file(file, text)
}

/// Formats the files side by side: each takes a process, and waiting for them in turn would be most of the run.
fn format_all(language: &Language, home: &Path, rendered: &mut Rendered) -> Result<()> {
    let Some((program, arguments)) = language.format.split_first() else {
        return Ok(());
    };
    let results: Vec<Result<String>> = std::thread::scope(|scope| {
        let workers: Vec<_> = rendered
            .iter()
            .map(|(path, text)| scope.spawn(move || format_one(program, arguments, home, path, text)))
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|_| Err(Error::new("the formatter's thread failed"))))
            .collect()
    });
    for (text, result) in rendered.values_mut().zip(results) {
        *text = result?;
    }
    Ok(())
}

fn format_one(program: &str, arguments: &[String], home: &Path, path: &str, text: &str) -> Result<String> {
    let failed = |reason: String| Error::in_file(format!("{FOLDER}/{path}"), format!("{program}: {reason}"));
    let mut child = Command::new(program)
        .args(arguments.iter().map(|argument| argument.replace("{path}", path)))
        .current_dir(home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(format!("cannot be started ({error}); language.toml names it as the formatter")))?;
    let mut stdin = child.stdin.take().ok_or_else(|| failed("takes no input".to_string()))?;
    let input = text.to_string();
    // Written by a thread of its own: a formatter that answers while it reads would block both sides otherwise.
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
    let _ = writer.join();
    if !output.status.success() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_string()));
    }
    String::from_utf8(output.stdout).map_err(|_| failed("answered something that is no UTF-8".to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_with_nothing_but_a_tag_leaves_no_line() {
        let render = |text: &str| Tera::one_off(&tidy(text), &Context::new(), false).unwrap();
        assert_eq!(render("a\n  {% if true %}\n  b\n  {% endif %}\nc\n"), "a\n  b\nc\n");
        assert_eq!(render("{# a note #}\nx {% if true %}y{% endif %}\n"), "x y\n");
        assert_eq!(render("{% for i in [1, 2] %}\n{{ i }}\n{% endfor %}\n"), "1\n2\n");
    }
}
