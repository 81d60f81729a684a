//! The public items of a crate's source.
//!
//! The API of memscope-rs changes between releases before its version number does, so the adapter is chosen by the
//! items that it calls. A path is resolved like in the compiler: through modules, `pub use` and globs. Only public
//! items that are not configured out count. Macros that define items are not expanded.

use quote::ToTokens;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use syn::punctuated::Punctuated;
use syn::{Attribute, Fields, ImplItem, Item, ItemImpl, ItemStruct, Meta, Signature, Token, Type, UseTree, Visibility};

/// A crate's source.
pub struct Inventory {
    root: Rc<Module>,
    /// Text of each file below the root's folder.
    texts: Vec<(PathBuf, String)>,
    features: HashSet<String>,
    target_os: String,
    parsed: RefCell<HashMap<PathBuf, Rc<Module>>>,
    /// Files that cannot be parsed. Their items are unknown.
    unreadable: RefCell<Vec<PathBuf>>,
}

/// A module: its items, and the folder with the files of its submodules.
pub struct Module {
    path: Vec<String>,
    folder: PathBuf,
    items: Vec<Item>,
}

/// The target of a path.
#[derive(Clone)]
enum Found {
    Module(Rc<Module>),
    /// An item, by its module and its index there.
    Item(Rc<Module>, usize),
}

/// The namespace of a name: a type or module and a value can have the same name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Space {
    Types,
    Values,
}

impl Space {
    fn of(item: &Item) -> Self {
        match item {
            Item::Fn(_) | Item::Static(_) | Item::Const(_) => Self::Values,
            _ => Self::Types,
        }
    }
}

/// The maximum number of `pub use` items followed in sequence. More are a cycle.
const MAX_STEPS: usize = 32;

impl Inventory {
    /// Reads the crate with this root file and these features.
    ///
    /// # Errors
    /// If a file cannot be read or the root cannot be parsed.
    pub fn read(root: &Path, features: HashSet<String>, target_os: &str) -> Result<Self, String> {
        let folder = root.parent().unwrap_or(Path::new(".")).to_owned();
        let mut texts = Vec::new();
        collect(&folder, &mut texts)?;
        let text = fs::read_to_string(root).map_err(|error| format!("{}: {error}", root.display()))?;
        let file = syn::parse_file(&text).map_err(|error| format!("{}: {error}", root.display()))?;
        let root = Rc::new(Module { path: Vec::new(), folder, items: file.items });
        Ok(Self {
            root,
            texts,
            features,
            target_os: target_os.to_owned(),
            parsed: RefCell::default(),
            unreadable: RefCell::default(),
        })
    }

    /// Returns whether a file read so far cannot be parsed.
    pub fn is_broken(&self) -> bool {
        !self.unreadable.borrow().is_empty()
    }

    /// Returns the number of parameters of a public function, excluding `self`.
    pub fn function(&self, path: &str) -> Option<usize> {
        let Found::Item(module, place) = self.public(path, Space::Values)? else { return None };
        let Item::Fn(function) = &module.items[place] else { return None };
        Some(parameters(&function.sig))
    }

    /// Returns whether there is a public type, trait or module of this path.
    pub fn has(&self, path: &str) -> bool {
        self.public(path, Space::Types).is_some()
    }

    /// Returns the names of the fields of a struct that has public or private ones.
    pub fn fields(&self, path: &str) -> Vec<String> {
        let Some((_, found)) = self.structure(path) else { return Vec::new() };
        let Fields::Named(fields) = &found.fields else { return Vec::new() };
        fields.named.iter().filter_map(|field| Some(field.ident.as_ref()?.to_string())).collect()
    }

    /// Returns the number of parameters and the return type of a public method of a type, excluding `self`.
    pub fn method(&self, path: &str, name: &str) -> Option<(usize, String)> {
        let (signature, _) = self.method_of(path, name)?;
        let returned = match &signature.output {
            syn::ReturnType::Default => "()".to_owned(),
            syn::ReturnType::Type(_, returned) => words(returned),
        };
        Some((parameters(&signature), returned))
    }

    /// Returns whether the body of a method of a type mentions a name.
    pub fn method_mentions(&self, path: &str, name: &str, mentioned: &str) -> bool {
        self.method_of(path, name).is_some_and(|(_, body)| has_word(&body, mentioned))
    }

    /// Returns whether a public trait is implemented for a type, by the last names of both: by an `impl`, or by a
    /// macro of the crate that writes one.
    pub fn implements(&self, implemented: &str, by: &str) -> bool {
        self.implements_by_macro(implemented, by) || self.implements_by_itself(implemented, by)
    }

    fn implements_by_macro(&self, implemented: &str, by: &str) -> bool {
        let written = format!("{implemented} for $");
        let writes = |name: &str| {
            let head = format!("macro_rules! {name} ");
            self.texts.iter().any(|(_, text)| text.contains(&head) && text.contains(&written))
        };
        self.root.items.iter().any(|item| match item {
            Item::Macro(called) => {
                let name = called.mac.path.segments.last().map(|segment| segment.ident.to_string());
                let words = called.mac.tokens.to_string();
                has_word(&words, by) && name.is_some_and(|name| writes(&name))
            }
            _ => false,
        })
    }

    fn implements_by_itself(&self, implemented: &str, by: &str) -> bool {
        self.impls_in_files_with(&[implemented, by]).iter().any(|(_, found)| {
            let of_trait = found.trait_.as_ref().and_then(|(_, path, _)| path.segments.last());
            of_trait.is_some_and(|segment| segment.ident == implemented)
                && last_name(&found.self_ty).as_deref() == Some(by)
        })
    }

    /// Returns whether a macro is exported.
    pub fn exports_macro(&self, name: &str) -> bool {
        let head = format!("macro_rules! {name}");
        self.texts.iter().any(|(_, text)| {
            text.match_indices(&head).any(|(place, _)| {
                let ends_there =
                    text[place + head.len()..].starts_with(|next: char| !next.is_alphanumeric() && next != '_');
                let before = text[..place].lines().rev();
                let attributes = before.take_while(|line| !line.trim_start().starts_with('}'));
                ends_there && attributes.take(200).any(|line| line.trim_start().starts_with("#[macro_export"))
            })
        })
    }

    fn public(&self, path: &str, space: Space) -> Option<Found> {
        let names: Vec<&str> = path.split("::").collect();
        let mut at = Found::Module(self.root.clone());
        for (place, name) in names.iter().enumerate() {
            let Found::Module(module) = &at else { return None };
            let is_last = place + 1 == names.len();
            at = self.within(module, name, if is_last { space } else { Space::Types }, true, 0)?;
        }
        Some(at)
    }

    /// Looks up a name within a module, and follows imports.
    fn within(&self, module: &Rc<Module>, name: &str, space: Space, from_outside: bool, steps: usize) -> Option<Found> {
        if steps > MAX_STEPS {
            return None;
        }
        let visible = |visibility: &Visibility| !from_outside || matches!(visibility, Visibility::Public(_));
        for (place, item) in module.items.iter().enumerate() {
            let Some((ident, visibility)) = named(item) else { continue };
            let is_meant = ident == name && space == Space::of(item);
            if !is_meant || !visible(visibility) || !self.is_on(attributes(item)) {
                continue;
            }
            return match item {
                Item::Mod(_) => self.module(module, place).map(Found::Module),
                _ => Some(Found::Item(module.clone(), place)),
            };
        }
        let uses = module.items.iter().filter_map(|item| match item {
            Item::Use(import) if visible(&import.vis) && self.is_on(&import.attrs) => Some(&import.tree),
            _ => None,
        });
        let mut globs = Vec::new();
        for tree in uses {
            for Import { path, name: imported } in imports(tree) {
                match imported {
                    Some(imported) if imported == name => {
                        if let Some(found) = self.follow(module, &path, space, steps + 1) {
                            return Some(found);
                        }
                    }
                    Some(_) => {}
                    None => globs.push(path),
                }
            }
        }
        globs.into_iter().find_map(|path| match self.follow(module, &path, Space::Types, steps + 1)? {
            Found::Module(module) => self.within(&module, name, space, true, steps + 1),
            Found::Item(..) => None,
        })
    }

    /// Follows the path of a `use` from its module.
    fn follow(&self, module: &Rc<Module>, path: &[String], space: Space, steps: usize) -> Option<Found> {
        let (first, rest) = path.split_first()?;
        let space_of = |rest: &[String]| if rest.is_empty() { space } else { Space::Types };
        let mut at = match first.as_str() {
            "crate" => Found::Module(self.root.clone()),
            "self" => Found::Module(module.clone()),
            "super" => Found::Module(self.parent(module)?),
            // A path of the 2018 edition begins with a name in scope. Other crates are not read.
            name => self
                .within(module, name, space_of(rest), false, steps)
                .filter(|found| !is_itself(found, module, path))?,
        };
        for (place, name) in rest.iter().enumerate() {
            let Found::Module(module) = &at else { return None };
            at = match name.as_str() {
                "super" => Found::Module(self.parent(module)?),
                "self" => continue,
                name => self.within(module, name, space_of(&rest[place + 1..]), false, steps)?,
            };
        }
        Some(at)
    }

    fn parent(&self, module: &Module) -> Option<Rc<Module>> {
        let (_, above) = module.path.split_last()?;
        let mut at = self.root.clone();
        for name in above {
            let place = at.items.iter().position(|item| matches!(item, Item::Mod(inner) if inner.ident == name))?;
            at = self.module(&at, place)?;
        }
        Some(at)
    }

    /// Reads the module that an item declares.
    fn module(&self, parent: &Rc<Module>, place: usize) -> Option<Rc<Module>> {
        let Item::Mod(declared) = &parent.items[place] else { return None };
        let name = declared.ident.to_string();
        let path: Vec<String> = parent.path.iter().cloned().chain([name.clone()]).collect();
        if let Some((_, items)) = &declared.content {
            return Some(Rc::new(Module { path, folder: parent.folder.join(&name), items: items.clone() }));
        }
        let elsewhere = declared.attrs.iter().find_map(|attribute| match &attribute.meta {
            Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
                syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(path), .. }) => Some(parent.folder.join(path.value())),
                _ => None,
            },
            _ => None,
        });
        let usual = [parent.folder.join(format!("{name}.rs")), parent.folder.join(&name).join("mod.rs")];
        let file = elsewhere.into_iter().chain(usual).find(|file| self.text(file).is_some())?;
        if let Some(module) = self.parsed.borrow().get(&file) {
            return Some(module.clone());
        }
        let Ok(syn::File { items, .. }) = syn::parse_file(self.text(&file)?) else {
            self.unreadable.borrow_mut().push(file);
            return None;
        };
        let module = Rc::new(Module { path, folder: parent.folder.join(&name), items });
        self.parsed.borrow_mut().insert(file, module.clone());
        Some(module)
    }

    fn text(&self, file: &Path) -> Option<&str> {
        self.texts.iter().find(|(path, _)| path == file).map(|(_, text)| text.as_str())
    }

    fn structure(&self, path: &str) -> Option<(Rc<Module>, ItemStruct)> {
        let Found::Item(module, place) = self.public(path, Space::Types)? else { return None };
        let Item::Struct(found) = &module.items[place] else { return None };
        Some((module.clone(), found.clone()))
    }

    /// Returns the signature of a public method, and the words of its body. Unrelated modules can have types of the
    /// same name, so the method's file must be next to the type's or below it.
    fn method_of(&self, path: &str, name: &str) -> Option<(Signature, String)> {
        let (module, _) = self.structure(path)?;
        let last = path.rsplit("::").next()?;
        let beside = match module.folder.parent() {
            Some(parent) if !module.path.is_empty() => parent.to_owned(),
            _ => module.folder.clone(),
        };
        let written = format!("fn {name}");
        let impls = self.impls_in_files_with(&[last, &written]);
        impls.iter().filter(|(file, _)| file.starts_with(&beside)).find_map(|(_, found)| {
            if found.trait_.is_some() || last_name(&found.self_ty).as_deref() != Some(last) || !self.is_on(&found.attrs)
            {
                return None;
            }
            found.items.iter().find_map(|item| match item {
                ImplItem::Fn(method)
                    if method.sig.ident == name
                        && matches!(method.vis, Visibility::Public(_))
                        && self.is_on(&method.attrs) =>
                {
                    Some((method.sig.clone(), words(&method.block)))
                }
                _ => None,
            })
        })
    }

    /// Returns the implementations in files that contain all of these texts.
    fn impls_in_files_with(&self, texts: &[&str]) -> Vec<(PathBuf, ItemImpl)> {
        let files = self.texts.iter().filter(|(_, text)| texts.iter().all(|wanted| text.contains(wanted)));
        files
            .filter_map(|(path, text)| Some((path, syn::parse_file(text).ok()?)))
            .flat_map(|(path, file)| self.impls_among(file.items).into_iter().map(move |found| (path.clone(), found)))
            .collect()
    }

    fn impls_among(&self, items: Vec<Item>) -> Vec<ItemImpl> {
        let mut found = Vec::new();
        for item in items {
            match item {
                Item::Impl(item) if self.is_on(&item.attrs) => found.push(item),
                Item::Mod(inner) if self.is_on(&inner.attrs) => {
                    found.extend(self.impls_among(inner.content.map(|(_, items)| items).unwrap_or_default()));
                }
                _ => {}
            }
        }
        found
    }

    /// Returns whether an item with these attributes is compiled.
    fn is_on(&self, attributes: &[Attribute]) -> bool {
        attributes
            .iter()
            .filter(|attribute| attribute.path().is_ident("cfg"))
            .all(|attribute| attribute.parse_args::<Meta>().map_or(true, |condition| self.holds(&condition)))
    }

    /// Returns whether a condition of a `cfg` is true. An unknown condition is.
    fn holds(&self, condition: &Meta) -> bool {
        let inner = |list: &syn::MetaList| {
            list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
                .map(Vec::from_iter)
                .unwrap_or_default()
        };
        match condition {
            Meta::Path(path) => !path.is_ident("test") && !path.is_ident("windows") && !path.is_ident("doc"),
            Meta::NameValue(pair) => {
                let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(value), .. }) = &pair.value else { return true };
                if pair.path.is_ident("feature") {
                    self.features.contains(&value.value())
                } else if pair.path.is_ident("target_os") {
                    self.target_os == value.value()
                } else {
                    true
                }
            }
            Meta::List(list) if list.path.is_ident("all") => inner(list).iter().all(|part| self.holds(part)),
            Meta::List(list) if list.path.is_ident("any") => inner(list).iter().any(|part| self.holds(part)),
            Meta::List(list) if list.path.is_ident("not") => !inner(list).iter().all(|part| self.holds(part)),
            Meta::List(_) => true,
        }
    }
}

fn collect(folder: &Path, texts: &mut Vec<(PathBuf, String)>) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .map_err(failed)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(failed)?;
    // Hidden files are no sources: an editor makes them, also as links to nothing.
    let is_hidden = |path: &Path| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    entries.retain(|path| !is_hidden(path));
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, texts)?;
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            let text = fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            texts.push((path, String::from_utf8_lossy(&text).into_owned()));
        }
    }
    Ok(())
}

/// A `use`: its path, and the name that it imports; `None` for a glob.
struct Import {
    path: Vec<String>,
    name: Option<String>,
}

fn imports(tree: &UseTree) -> Vec<Import> {
    let below = |name: String, inner: Vec<Import>| {
        inner
            .into_iter()
            .map(|import| Import { path: std::iter::once(name.clone()).chain(import.path).collect(), ..import })
            .collect()
    };
    match tree {
        UseTree::Path(path) => {
            let name = path.ident.to_string();
            let mut inner: Vec<Import> = below(name.clone(), imports(&path.tree));
            // `use a::b::{self}` gives `b`.
            for import in &mut inner {
                if import.name.as_deref() == Some("self") {
                    import.name = Some(name.clone());
                }
            }
            inner
        }
        UseTree::Name(name) => {
            let name = name.ident.to_string();
            let path = if name == "self" { Vec::new() } else { vec![name.clone()] };
            vec![Import { path, name: Some(name) }]
        }
        UseTree::Rename(rename) => {
            vec![Import { path: vec![rename.ident.to_string()], name: Some(rename.rename.to_string()) }]
        }
        UseTree::Glob(_) => vec![Import { path: Vec::new(), name: None }],
        UseTree::Group(group) => group.items.iter().flat_map(imports).collect(),
    }
}

/// Returns whether a single name led back to its own `use`.
fn is_itself(found: &Found, module: &Rc<Module>, path: &[String]) -> bool {
    path.len() == 1 && matches!(found, Found::Module(found) if Rc::ptr_eq(found, module))
}

fn named(item: &Item) -> Option<(&syn::Ident, &Visibility)> {
    Some(match item {
        Item::Fn(item) => (&item.sig.ident, &item.vis),
        Item::Struct(item) => (&item.ident, &item.vis),
        Item::Enum(item) => (&item.ident, &item.vis),
        Item::Trait(item) => (&item.ident, &item.vis),
        Item::Type(item) => (&item.ident, &item.vis),
        Item::Mod(item) => (&item.ident, &item.vis),
        Item::Static(item) => (&item.ident, &item.vis),
        Item::Const(item) => (&item.ident, &item.vis),
        _ => return None,
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Fn(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Const(item) => &item.attrs,
        _ => &[],
    }
}

fn parameters(signature: &Signature) -> usize {
    signature.inputs.iter().filter(|input| matches!(input, syn::FnArg::Typed(_))).count()
}

fn last_name(of: &Type) -> Option<String> {
    match of {
        Type::Path(path) => Some(path.path.segments.last()?.ident.to_string()),
        Type::Reference(reference) => last_name(&reference.elem),
        _ => None,
    }
}

fn has_word(text: &str, wanted: &str) -> bool {
    text.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|word| word == wanted)
}

/// Returns the tokens of a piece of syntax, separated by spaces.
fn words(of: &impl ToTokens) -> String {
    of.to_token_stream().to_string()
}
