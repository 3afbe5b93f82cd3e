//! The client of the contract's package: its rules, its installation in a front end, and a night that it follows.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    time::Duration,
};

use serde_json::{Value, json};
use tests::{
    contract::folder,
    drift::{self, Night, THIRD, boston, predicting},
    skipped,
    warehouse::predicted,
};

/// The package's folder; `None` where what its tests use is not installed.
fn package() -> Option<PathBuf> {
    let package = folder().join("typescript");
    if package.join("node_modules").is_dir() {
        return Some(package);
    }
    skipped("no packages in infra/contracts/typescript (`make test` installs them)");
    None
}

fn run(program: &str, arguments: &[&str], folder: &Path) -> Output {
    let output = Command::new(program).args(arguments).current_dir(folder).output();
    output.unwrap_or_else(|error| panic!("{program}: {error}"))
}

/// What a program that succeeded has said.
fn said(output: Output) -> String {
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    said
}

#[test]
fn the_client_keeps_its_rules() {
    let Some(package) = package() else { return };
    let said = said(run("node", &["--test", "tests/client.test.js"], &package));
    assert!(said.contains("fail 0") && !said.contains("pass 0"), "{said}");
}

#[test]
fn a_front_end_installs_the_package_from_its_tarball_and_a_strict_program_compiles() {
    let Some(package) = package() else { return };
    let front_end = tempfile::tempdir().expect("a folder");
    let front_end = front_end.path();
    let to = front_end.to_str().expect("a path");
    let name =
        said(run("npm", &["pack", "--silent", "--ignore-scripts", "--pack-destination", to], &package));
    let readme = fs::read_to_string(package.join("README.md")).expect("the README");
    assert_eq!(readme.matches(name.trim()).count(), 2, "the README installs {name}");
    let tarball = front_end.join(name.trim());
    let tarball = tarball.to_str().expect("a path");
    let manifest = json!({"name": "front-end", "private": true, "type": "module"});
    fs::write(front_end.join("package.json"), manifest.to_string()).expect("a file");
    let install = ["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", tarball];
    said(run("npm", &install, front_end));

    let installed = front_end.join("node_modules/challenge-system-client");
    let files = fs::read_dir(&installed).expect("the package").map(|file| file.expect("a file").file_name());
    let files: BTreeSet<String> = files.map(|name| name.to_string_lossy().into_owned()).collect();
    let expected = ["README.md", "challenge-system.ts", "client.d.ts", "client.js", "package.json"];
    assert_eq!(files, BTreeSet::from(expected.map(str::to_owned)));
    let manifest = fs::read_to_string(installed.join("package.json")).expect("the manifest");
    let manifest: Value = serde_json::from_str(&manifest).expect("JSON");
    assert_eq!(manifest["dependencies"], Value::Null, "nothing is needed at run time");
    let exported =
        "import * as client from 'challenge-system-client'; console.log(Object.keys(client).join(' '))";
    let exported = said(run("node", &["--input-type=module", "--eval", exported], front_end));
    assert_eq!(exported.trim(), "DocumentError dayOf join joinGames playerKey watch");

    fs::copy(package.join("tests/front-end.ts"), front_end.join("front-end.ts")).expect("a file");
    let wrong = "import { watch } from \"challenge-system-client\";\n\
                 export const games = watch(\"live\", { base: \"https://example.com/\" }).document.total_games;\n";
    fs::write(front_end.join("wrong.ts"), wrong).expect("a file");
    let compiler = package.join("node_modules/typescript/bin/tsc").canonicalize().expect("the compiler");
    let compile = |file: &str, module: &str, resolution: &str| {
        let strict = ["--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "--noEmit"];
        let to = ["--target", "es2022", "--module", module, "--moduleResolution", resolution, file];
        let compiler = compiler.to_str().expect("a path");
        run("node", &[&[compiler][..], &strict[..], &to[..]].concat(), front_end)
    };
    for (module, resolution) in [("nodenext", "nodenext"), ("esnext", "bundler")] {
        said(compile("front-end.ts", module, resolution));
        // There may be no document yet.
        let refused = String::from_utf8_lossy(&compile("wrong.ts", module, resolution).stdout).into_owned();
        assert!(refused.contains("is possibly 'null'"), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_follows_a_night_and_joins_its_players() {
    let Some(package) = package() else { return };
    let night = Night::of(predicting(&[predicted("jaylenbrown", 27.3, "OVER")]).await).await;
    drift::tonight(&night.cloud, "22:00").await;
    night.poll("02:12", [boston(THIRD, 21)]).await;
    let base = night.cloud.services.public_url("");
    let client = tokio::task::spawn_blocking(move || {
        let mut command = Command::new("node");
        let command = command.args(["--test", "tests/local-cloud.test.js"]).current_dir(package);
        said(command.env("CHALLENGE_SYSTEM", base).output().expect("node"))
    });
    // A poll a second, until the client has seen enough.
    for minute in 13..60 {
        if client.is_finished() {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
        night.poll(&format!("02:{minute}"), [boston(THIRD, 8 + minute)]).await;
    }
    let said = client.await.expect("the client");
    assert!(said.contains("pass 1") && said.contains("skipped 0"), "{said}");
}
