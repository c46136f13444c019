//! The public API as a reviewed file: `tests/golden/public-api.txt` lists every public item, and this test fails if the list
//! changes. `TOUCHLINE_BLESS=1 cargo test --test public_api` rewrites it; the change is then reviewed with the code.
//!
//! The list is made from the sources, so that it does not depend on a compiler version as rustdoc's JSON does. It relies on the
//! crate's rule that type names are unique (`tests/floors.rs`). Of a type that a macro defines it shows what the macro is given; the
//! macro's own methods are not listed.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use syn::{Attribute, Fields, ImplItem, Item, ItemImpl, Type, UseTree, Visibility, parse_quote};

type ModulePath = Vec<String>;

/// All items of the crate, without test code.
#[derive(Default)]
struct Sources {
    modules: BTreeMap<ModulePath, Vec<Item>>,
}

fn is_public(visibility: &Visibility) -> bool {
    matches!(visibility, Visibility::Public(_))
}

fn has_attribute(attributes: &[Attribute], name: &str, word: &str) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident(name)
            && attribute.meta.require_list().is_ok_and(|list| list.tokens.to_string().split(' ').any(|it| it == word))
    })
}

fn is_hidden(attributes: &[Attribute]) -> bool {
    has_attribute(attributes, "doc", "hidden") || has_attribute(attributes, "cfg", "test")
}

impl Sources {
    fn read() -> Self {
        let mut sources = Self::default();
        sources.read_module(&PathBuf::from("src/lib.rs"), &PathBuf::from("src"), Vec::new());
        sources
    }

    fn read_module(&mut self, file: &Path, folder: &Path, path: ModulePath) {
        let text = std::fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let items = syn::parse_file(&text).expect("Rust").items;
        self.add_module(items, folder, path);
    }

    fn add_module(&mut self, items: Vec<Item>, folder: &Path, path: ModulePath) {
        for item in &items {
            let Item::Mod(module) = item else { continue };
            if has_attribute(&module.attrs, "cfg", "test") {
                continue;
            }
            let name = module.ident.to_string();
            let inner = path.iter().cloned().chain([name.clone()]).collect();
            match &module.content {
                Some((_, content)) => self.add_module(content.clone(), &folder.join(&name), inner),
                None => {
                    let files = [folder.join(format!("{name}.rs")), folder.join(&name).join("mod.rs")];
                    let file = files.iter().find(|file| file.exists()).expect("a file of the module");
                    self.read_module(file, &folder.join(&name), inner);
                }
            }
        }
        self.modules.insert(path, items);
    }

    /// The item that a path in a module names, and the module that defines it.
    fn find(&self, module: &[String], path: &[String]) -> Option<(ModulePath, Item)> {
        let (name, before) = path.split_last()?;
        let mut at: ModulePath = module.to_vec();
        for segment in before {
            match segment.as_str() {
                "crate" => at.clear(),
                "self" => {}
                "super" => drop(at.pop()),
                child => at.push(child.to_owned()),
            }
        }
        for item in self.modules.get(&at)? {
            match item {
                Item::Use(used) => {
                    for leaf in leaves(&used.tree) {
                        if leaf.last() == Some(name) && (at != module || leaf != path) {
                            let leaf_from = |start: &[String]| self.find(start, &leaf);
                            if let Some(found) = leaf_from(&at) {
                                return Some(found);
                            }
                        }
                    }
                }
                item if item_name(item).as_ref() == Some(name) => return Some((at, item.clone())),
                Item::Macro(made) if defines(made, name) => {
                    // A type that a macro defines is listed as the words that the macro is given.
                    let words = |it: &&Item| match (it, &made.ident) {
                        (Item::Macro(it), Some(rules)) => it.mac.path.is_ident(rules),
                        _ => std::ptr::eq(*it, item),
                    };
                    return self.modules[&at].iter().find(words).map(|words| (at.clone(), words.clone()));
                }
                _ => {}
            }
        }
        None
    }

    /// The impl blocks of a type, of traits and without.
    fn impls(&self, name: &str) -> impl Iterator<Item = &ItemImpl> {
        self.modules.values().flatten().filter_map(move |item| match item {
            Item::Impl(block) => match &*block.self_ty {
                Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == name) => Some(block),
                _ => None,
            },
            _ => None,
        })
    }

    /// Whether a block implements a trait of the crate that is not public.
    fn implements_private_trait(&self, block: &ItemImpl) -> bool {
        let name = block.trait_.as_ref().and_then(|(path, _)| path.get_ident());
        self.modules.values().flatten().any(|item| match item {
            Item::Trait(it) => Some(&it.ident) == name && !is_public(&it.vis),
            _ => false,
        })
    }

    /// Lists a module: what it defines and re-exports.
    fn list(&self, module: &[String], out: &mut String) {
        let shown = ["touchline"].into_iter().chain(module.iter().map(String::as_str)).collect::<Vec<_>>().join("::");
        let mut listed: BTreeMap<String, String> = BTreeMap::new();
        let mut inner = Vec::new();
        for item in &self.modules[module] {
            match item {
                Item::Mod(it) if is_public(&it.vis) && !is_hidden(&it.attrs) => inner.push(it.ident.to_string()),
                Item::Use(it) if is_public(&it.vis) && !is_hidden(&it.attrs) => {
                    for leaf in leaves(&it.tree) {
                        let name = leaf.last().expect("a name").clone();
                        let text = match self.find(module, &leaf) {
                            Some((_, found)) => self.text(&found, &name),
                            // Of another crate.
                            None => format!("pub use {};\n", leaf.join("::")),
                        };
                        listed.insert(name, text);
                    }
                }
                Item::Fn(it) if is_public(&it.vis) && !is_hidden(&it.attrs) => {
                    listed.insert(it.sig.ident.to_string(), self.text(item, &it.sig.ident.to_string()));
                }
                item => {
                    if let Some(name) = item_name(item).filter(|_| item_is_public(item)) {
                        listed.insert(name.clone(), self.text(item, &name));
                    }
                }
            }
        }
        writeln!(out, "# {shown}").expect("text");
        listed.values().for_each(|text| writeln!(out, "{text}").expect("text"));
        for name in inner {
            self.list(&module.iter().cloned().chain([name]).collect::<Vec<_>>(), out);
        }
    }

    /// An item without documentation, bodies and private parts, and its public methods.
    fn text(&self, item: &Item, name: &str) -> String {
        let mut items = vec![strip(item.clone())];
        for block in self.impls(name).filter(|block| !self.implements_private_trait(block)) {
            let mut block = block.clone();
            block.attrs.clear();
            match &block.trait_ {
                Some(_) => block.items.retain(|item| matches!(item, ImplItem::Type(_))),
                None => block.items.retain_mut(strip_method),
            }
            if block.trait_.is_some() || !block.items.is_empty() {
                items.push(Item::Impl(block));
            }
        }
        let text = prettyplease::unparse(&syn::File { shebang: None, attrs: Vec::new(), items, frontmatter: None });
        text.replace(" {}\n", ";\n").replace("__private: (),", "..").replace("(__private)", "(..)")
    }
}

/// Whether a macro defines a type: an invocation begins with its name, rules contain its definition.
fn defines(made: &syn::ItemMacro, name: &str) -> bool {
    if made.ident.is_some() {
        let rules = made.mac.tokens.to_string();
        return ["enum", "struct"].iter().any(|keyword| rules.contains(&format!("pub {keyword} {name} ")));
    }
    let idents = made.mac.tokens.clone().into_iter().filter(|token| matches!(token, TokenTree::Ident(_)));
    idents.map(|ident| ident.to_string()).next().as_deref() == Some(name)
}

/// Whether tokens contain a name.
fn names(tokens: TokenStream, name: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == name,
        TokenTree::Group(group) => names(group.stream(), name),
        _ => false,
    })
}

fn leaves(tree: &UseTree) -> Vec<ModulePath> {
    let with = |name: String, inner: &UseTree| -> Vec<ModulePath> {
        leaves(inner).into_iter().map(|leaf| [name.clone()].into_iter().chain(leaf).collect()).collect()
    };
    match tree {
        UseTree::Path(path) => with(path.ident.to_string(), &path.tree),
        UseTree::Group(group) => group.items.iter().flat_map(leaves).collect(),
        UseTree::Name(name) => vec![vec![name.ident.to_string()]],
        UseTree::Rename(rename) => vec![vec![rename.ident.to_string()]],
        UseTree::Glob(_) => Vec::new(),
    }
}

fn item_name(item: &Item) -> Option<String> {
    Some(match item {
        Item::Struct(it) => it.ident.to_string(),
        Item::Enum(it) => it.ident.to_string(),
        Item::Trait(it) => it.ident.to_string(),
        Item::Fn(it) => it.sig.ident.to_string(),
        Item::Const(it) => it.ident.to_string(),
        Item::Static(it) => it.ident.to_string(),
        Item::Type(it) => it.ident.to_string(),
        _ => return None,
    })
}

fn item_is_public(item: &Item) -> bool {
    match item {
        Item::Struct(it) => is_public(&it.vis) && !is_hidden(&it.attrs),
        Item::Enum(it) => is_public(&it.vis) && !is_hidden(&it.attrs),
        Item::Trait(it) => is_public(&it.vis) && !is_hidden(&it.attrs),
        Item::Const(it) => is_public(&it.vis) && !is_hidden(&it.attrs),
        Item::Static(it) => is_public(&it.vis) && !is_hidden(&it.attrs),
        Item::Type(it) => is_public(&it.vis) && !is_hidden(&it.attrs),
        _ => false,
    }
}

/// The attributes that callers depend on.
const PROMISES: [&str; 3] = ["derive", "non_exhaustive", "must_use"];

fn keep_promises(attributes: &mut Vec<Attribute>) {
    attributes.retain(|attribute| PROMISES.iter().any(|kept| attribute.path().is_ident(kept)));
}

fn strip(mut item: Item) -> Item {
    match &mut item {
        Item::Struct(it) => {
            keep_promises(&mut it.attrs);
            match &mut it.fields {
                Fields::Named(fields) => {
                    let all = fields.named.len();
                    fields.named = std::mem::take(&mut fields.named)
                        .into_iter()
                        .filter(|field| is_public(&field.vis) && !is_hidden(&field.attrs))
                        .map(|mut field| {
                            field.attrs.clear();
                            field
                        })
                        .collect();
                    if fields.named.len() < all {
                        fields.named.push(syn::Field { ..parse_field() });
                    }
                }
                Fields::Unnamed(fields) if fields.unnamed.iter().any(|field| !is_public(&field.vis)) => {
                    *fields = parse_quote!((__private));
                }
                Fields::Unnamed(_) | Fields::Unit => {}
            }
        }
        Item::Enum(it) => {
            keep_promises(&mut it.attrs);
            for variant in &mut it.variants {
                keep_promises(&mut variant.attrs);
                variant.fields.iter_mut().for_each(|field| field.attrs.clear());
            }
        }
        Item::Trait(it) => {
            keep_promises(&mut it.attrs);
            for item in &mut it.items {
                match item {
                    syn::TraitItem::Fn(it) => {
                        keep_promises(&mut it.attrs);
                        it.default = it.default.take().map(|_| parse_quote!({}));
                    }
                    syn::TraitItem::Type(it) => it.attrs.clear(),
                    syn::TraitItem::Const(it) => it.attrs.clear(),
                    _ => {}
                }
            }
        }
        Item::Fn(it) => {
            keep_promises(&mut it.attrs);
            *it.block = parse_quote!({});
        }
        Item::Const(it) => {
            it.attrs.clear();
            it.expr = parse_quote!(..);
        }
        Item::Static(it) => {
            it.attrs.clear();
            it.expr = parse_quote!(..);
        }
        Item::Type(it) => it.attrs.clear(),
        Item::Macro(it) => {
            it.attrs.clear();
            it.mac.tokens = without_attributes(it.mac.tokens.clone());
        }
        _ => {}
    }
    item
}

fn parse_field() -> syn::Field {
    let fields: syn::FieldsNamed = parse_quote!({ __private: () });
    fields.named.into_iter().next().expect("a field")
}

/// The tokens of a macro without documentation and other attributes than [`PROMISES`].
fn without_attributes(tokens: TokenStream) -> TokenStream {
    let mut kept = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                if let Some(attribute) =
                    tokens.next().filter(|it| PROMISES.iter().any(|kept| names(it.clone().into(), kept)))
                {
                    kept.extend([TokenTree::Punct(punct), attribute]);
                }
            }
            TokenTree::Group(group) => {
                let inner = without_attributes(group.stream());
                kept.push(TokenTree::Group(proc_macro2::Group::new(group.delimiter(), inner)));
            }
            token => kept.push(token),
        }
    }
    kept.into_iter().collect()
}

/// Strips a method or constant. Returns whether it is public.
fn strip_method(item: &mut ImplItem) -> bool {
    match item {
        ImplItem::Fn(it) if is_public(&it.vis) && !is_hidden(&it.attrs) => {
            keep_promises(&mut it.attrs);
            it.block = parse_quote!({});
            true
        }
        ImplItem::Const(it) if is_public(&it.vis) && !is_hidden(&it.attrs) => {
            it.attrs.clear();
            it.expr = parse_quote!(..);
            true
        }
        _ => false,
    }
}

#[test]
fn the_public_api_is_the_reviewed_one() {
    let mut listed = String::new();
    Sources::read().list(&[], &mut listed);
    let golden = Path::new("tests/golden/public-api.txt");
    if std::env::var_os("TOUCHLINE_BLESS").is_some() {
        return std::fs::write(golden, listed).expect("written");
    }
    let reviewed = std::fs::read_to_string(golden).unwrap_or_default();
    let only_in = |one: &str, other: &str| {
        let lines: Vec<_> = one.lines().filter(|line| !other.lines().any(|it| it == *line)).collect();
        lines.join("\n")
    };
    assert!(
        listed == reviewed,
        "the public API is not the reviewed one; new or changed lines:\n{}\nlines that are gone:\n{}\nTOUCHLINE_BLESS=1 cargo test \
         --test public_api rewrites tests/golden/public-api.txt",
        only_in(&listed, &reviewed),
        only_in(&reviewed, &listed)
    );
}
