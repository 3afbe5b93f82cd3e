//! Files of the repository and of a test's folder.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Every file below `folder` whose name ends with `ending`, without hidden folders and what builds and package managers
/// write.
pub fn below(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            let is_ours = !name.starts_with('.') && name != "target" && name != "node_modules";
            if path.is_dir() {
                folders.extend(is_ours.then_some(path));
            } else if name.ends_with(ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
