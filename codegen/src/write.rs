//! Writes what was rendered, or verifies that it is what is there: all of it, or nothing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::language::MARKER;

/// What has to be done to make the files on disk the wanted ones.
#[derive(Debug, Default, PartialEq)]
pub struct Plan {
    /// Files that are missing or differ, with their new text.
    pub changed: BTreeMap<PathBuf, String>,
    /// Generated files that are no longer written.
    pub stale: Vec<PathBuf>,
    /// How many files are right already.
    pub unchanged: usize,
}

impl Plan {
    /// `wanted` holds all files; `folders` are the folders in which only generated files live.
    pub fn make(folders: &[PathBuf], wanted: BTreeMap<PathBuf, String>) -> Result<Plan> {
        let mut plan = Plan::default();
        for folder in folders {
            collect_stale(folder, &wanted, &mut plan.stale)?;
        }
        plan.stale.sort();
        plan.stale.dedup();
        for (path, text) in wanted {
            match fs::read(&path) {
                Ok(bytes) if bytes == text.as_bytes() => plan.unchanged += 1,
                Ok(bytes) if !is_generated(&bytes) => {
                    return Err(Error::in_file(
                        path.display().to_string(),
                        format!("would be overwritten, but does not say {MARKER:?}; move it away if it may go"),
                    ))
                }
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::in_file(path.display().to_string(), error.to_string()))
                }
                _ => {
                    plan.changed.insert(path, text);
                }
            }
        }
        Ok(plan)
    }

    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.stale.is_empty()
    }

    /// Every new text is on the disk before the first file changes; a failure undoes what was done.
    pub fn carry_out(&self) -> Result<()> {
        let mut temporary: Vec<(PathBuf, &PathBuf)> = Vec::new();
        let result = self.write_temporary(&mut temporary).and_then(|()| self.replace(&temporary));
        for (path, _) in &temporary {
            let _ = fs::remove_file(path);
        }
        result
    }

    fn write_temporary<'a>(&'a self, temporary: &mut Vec<(PathBuf, &'a PathBuf)>) -> Result<()> {
        for (path, text) in &self.changed {
            let failed = |error: std::io::Error| Error::in_file(path.display().to_string(), error.to_string());
            let folder = path.parent().unwrap_or(Path::new("."));
            fs::create_dir_all(folder).map_err(failed)?;
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let beside = folder.join(format!(".{name}.new-{}", std::process::id()));
            temporary.push((beside.clone(), path));
            fs::write(&beside, text).map_err(failed)?;
        }
        Ok(())
    }

    fn replace(&self, temporary: &[(PathBuf, &PathBuf)]) -> Result<()> {
        let mut before: Vec<(&PathBuf, Option<Vec<u8>>)> = Vec::new();
        let mut change = || -> Result<()> {
            for (new, path) in temporary {
                let old = fs::read(path).ok();
                fs::rename(new, path).map_err(|error| Error::in_file(path.display().to_string(), error.to_string()))?;
                before.push((path, old));
            }
            for path in &self.stale {
                let old = fs::read(path).ok();
                fs::remove_file(path).map_err(|error| Error::in_file(path.display().to_string(), error.to_string()))?;
                before.push((path, old));
            }
            Ok(())
        };
        let result = change();
        if result.is_err() {
            for (path, old) in before.iter().rev() {
                let _ = match old {
                    Some(bytes) => fs::write(path, bytes),
                    None => fs::remove_file(path),
                };
            }
        } else {
            for path in &self.stale {
                remove_empty_folders(path.parent());
            }
        }
        result
    }
}

/// A folder whose last file went is of no use; one that is not empty stays, because removing it fails.
fn remove_empty_folders(folder: Option<&Path>) {
    let mut folder = folder;
    while let Some(path) = folder {
        if fs::remove_dir(path).is_err() || path.ends_with(crate::language::FOLDER) {
            return;
        }
        folder = path.parent();
    }
}

fn is_generated(bytes: &[u8]) -> bool {
    let beginning = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]);
    let is_marked = beginning.lines().take(5).any(|line| line.contains(MARKER));
    is_marked
}

fn collect_stale(folder: &Path, wanted: &BTreeMap<PathBuf, String>, stale: &mut Vec<PathBuf>) -> Result<()> {
    let failed = |error: std::io::Error| Error::in_file(folder.display().to_string(), error.to_string());
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let path = entry.path();
        // Links are left alone: what they lead to may lie anywhere.
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() {
            collect_stale(&path, wanted, stale)?;
        } else if kind.is_file() && !wanted.contains_key(&path) {
            let bytes = fs::read(&path).map_err(failed)?;
            if is_generated(&bytes) {
                stale.push(path);
            }
        }
    }
    Ok(())
}
