//! `contracts FOLDER` writes the JSON Schemas into a folder; `contracts` prints them all as one schema, the
//! source of the TypeScript types.

use std::{error::Error, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    match std::env::args().nth(1) {
        Some(folder) => {
            for contract in contracts::contracts() {
                let file = Path::new(&folder).join(format!("{}.schema.json", contract.name));
                fs::write(file, format!("{:#}\n", contract.schema))?;
            }
        }
        None => println!("{:#}", contracts::all()),
    }
    Ok(())
}
