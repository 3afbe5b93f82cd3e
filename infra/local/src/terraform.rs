//! A reader of the Terraform in `infra/terraform`.
//!
//! A file that is unreadable, or lacks a requested item, ends the program with the file's name: this is
//! equipment for development and tests, and the files are part of the repository.
#![allow(clippy::expect_used, clippy::panic, reason = "the files are part of the repository")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use hcl::{
    Attribute, Block, Body, Expression, Structure,
    expr::{ObjectKey, TraversalOperator},
};

/// `infra` of this repository.
pub fn infra() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// All files of one folder, which Terraform treats as one module.
#[derive(Debug)]
pub struct Module {
    body: Body,
}

impl Module {
    /// The folder `folder` of `infra/terraform`; "" is the root.
    pub fn read(folder: &str) -> Self {
        let mut files: Vec<PathBuf> = fs::read_dir(infra().join("terraform").join(folder))
            .expect("the folder")
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.extension().is_some_and(|extension| extension == "tf"))
            .collect();
        files.sort();
        let body = files
            .iter()
            .flat_map(|path| {
                let text = fs::read_to_string(path).expect("a readable file");
                hcl::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())).into_inner()
            })
            .collect();
        Self { body }
    }

    /// The blocks of one kind, such as every `resource`.
    pub fn blocks(&self, kind: &str) -> impl Iterator<Item = &Block> {
        blocks(&self.body, kind)
    }

    /// The resource `name` of type `kind`.
    pub fn resource(&self, kind: &str, name: &str) -> &Body {
        self.blocks("resource")
            .find(|block| labels(block) == [kind, name])
            .map(|block| block.body())
            .unwrap_or_else(|| panic!("there is no resource {kind}.{name}"))
    }

    /// The resources of type `kind`.
    pub fn resources(&self, kind: &str) -> Vec<&Body> {
        let of_kind = |block: &&Block| labels(block)[0] == kind;
        self.blocks("resource").filter(of_kind).map(|block| block.body()).collect()
    }

    /// The value of `local.{name}`.
    pub fn local(&self, name: &str) -> &Expression {
        self.blocks("locals")
            .find_map(|block| attribute(block.body(), name))
            .unwrap_or_else(|| panic!("there is no local.{name}"))
    }

    /// The default of `var.{name}`, as text.
    pub fn default(&self, name: &str) -> Option<String> {
        let variable = self.blocks("variable").find(|block| labels(block) == [name])?;
        attribute(variable.body(), "default").and_then(text)
    }

    /// The value of an expression in a project where every variable has its default: a literal, or the
    /// value that it refers to, over any number of references. `None` for values that only Google knows.
    pub fn value(&self, expression: &Expression) -> Option<String> {
        if let Some(text) = text(expression) {
            return Some(text);
        }
        let path = reference(expression)?;
        match path.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["var", name] => self.default(name),
            ["local", name] => self.value(self.local(name)),
            [kind, name, field] => {
                let body = self.resource(kind, name);
                let field = if *field == "id" { "name" } else { field };
                self.value(attribute(body, field)?)
            }
            _ => None,
        }
    }
}

/// The labels of a block.
pub fn labels(block: &Block) -> Vec<&str> {
    block.labels().iter().map(|label| label.as_str()).collect()
}

/// The nested blocks of one kind, including those of a `dynamic` block.
pub fn blocks<'a>(body: &'a Body, kind: &str) -> impl Iterator<Item = &'a Block> {
    body.blocks().filter_map(move |block| match block.identifier() {
        "dynamic" if labels(block) == [kind] => blocks_of(block.body(), "content").next(),
        identifier => (identifier == kind).then_some(block),
    })
}

fn blocks_of<'a>(body: &'a Body, kind: &'static str) -> impl Iterator<Item = &'a Block> {
    body.blocks().filter(move |block| block.identifier() == kind)
}

/// The nested block of one kind, which must exist.
pub fn block<'a>(body: &'a Body, kind: &str) -> &'a Body {
    blocks(body, kind).next().unwrap_or_else(|| panic!("there is no block {kind}")).body()
}

/// An attribute of a body.
pub fn attribute<'a>(body: &'a Body, name: &str) -> Option<&'a Expression> {
    body.attributes().find(|attribute| attribute.key() == name).map(Attribute::expr)
}

/// The fields of an object, in order; empty for any other expression.
pub fn fields(expression: &Expression) -> BTreeMap<String, &Expression> {
    let Expression::Object(object) = expression else { return BTreeMap::new() };
    let name = |key: &ObjectKey| match key {
        ObjectKey::Identifier(name) => name.as_str().to_owned(),
        ObjectKey::Expression(expression) => text(expression).unwrap_or_default(),
        _ => String::new(),
    };
    object.iter().map(|(key, value)| (name(key), value)).collect()
}

/// A field of an object.
pub fn field<'a>(expression: &'a Expression, name: &str) -> Option<&'a Expression> {
    fields(expression).remove(name)
}

/// The elements of a list.
pub fn elements(expression: Option<&Expression>) -> Vec<&Expression> {
    match expression {
        Some(Expression::Array(elements)) => elements.iter().collect(),
        _ => Vec::new(),
    }
}

/// A literal as text.
pub fn text(expression: &Expression) -> Option<String> {
    match expression {
        Expression::String(text) => Some(text.clone()),
        Expression::Number(number) => Some(number.to_string()),
        Expression::Bool(bool) => Some(bool.to_string()),
        Expression::TemplateExpr(template) => Some(template.to_string()),
        _ => None,
    }
}

/// The path of a reference, such as `["var", "region"]`.
pub fn reference(expression: &Expression) -> Option<Vec<String>> {
    match expression {
        Expression::Variable(variable) => Some(vec![variable.as_str().to_owned()]),
        Expression::Traversal(traversal) => {
            let mut path = reference(&traversal.expr)?;
            for operator in &traversal.operators {
                match operator {
                    TraversalOperator::GetAttr(name) => path.push(name.as_str().to_owned()),
                    _ => return None,
                }
            }
            Some(path)
        }
        _ => None,
    }
}

/// Every value of an attribute or field called `name`, anywhere in a module's resources and locals.
pub fn everywhere<'a>(module: &'a Module, name: &str) -> Vec<&'a Expression> {
    fn of_body<'a>(body: &'a Body, name: &str, found: &mut Vec<&'a Expression>) {
        for structure in body.iter() {
            match structure {
                Structure::Attribute(attribute) => {
                    if attribute.key() == name {
                        found.push(attribute.expr());
                    }
                    of_expression(attribute.expr(), name, found);
                }
                Structure::Block(block) => of_body(block.body(), name, found),
            }
        }
    }
    fn of_expression<'a>(expression: &'a Expression, name: &str, found: &mut Vec<&'a Expression>) {
        for (key, value) in fields(expression) {
            if key == name {
                found.push(value);
            }
            of_expression(value, name, found);
        }
    }
    let mut found = Vec::new();
    of_body(&module.body, name, &mut found);
    found
}

/// The values of a list or of a map's keys, as a set.
pub fn names(expression: Option<&Expression>) -> BTreeSet<String> {
    elements(expression).into_iter().filter_map(text).collect()
}
