//! Renders pages: fills in the path prefix, the addresses of assets, the preloads, and whether another site links here.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;

use crate::server::static_file::StaticFile;

/// The pages of one version below one path prefix, each in two variants.
#[derive(Debug)]
pub(super) struct RenderedPages {
    pub(super) base: String,
    /// For viewers that came directly or from the server's own pages.
    own: BTreeMap<String, StaticFile>,
    /// For viewers that came from another site: the page asks them before it opens a replay.
    foreign: BTreeMap<String, StaticFile>,
}

impl RenderedPages {
    /// Renders all pages for a server below the path prefix `base`, whose assets have this digest.
    pub(super) fn new(
        base: &str,
        digest: &str,
        templates: &BTreeMap<String, Bytes>,
        assets: &BTreeMap<String, StaticFile>,
    ) -> Self {
        let written = escape_attribute(base);
        let all = |is_cross_site: bool| {
            let page = |(name, template): (&String, &Bytes)| {
                let page = render(&String::from_utf8_lossy(template), &written, digest, is_cross_site, assets);
                (name.clone(), StaticFile::new(name, page.into()))
            };
            templates.iter().map(page).collect()
        };
        Self { base: base.to_owned(), own: all(false), foreign: all(true) }
    }

    /// A page by the name of its file; `is_cross_site`: the viewer came from another site.
    pub(super) fn page(&self, name: &str, is_cross_site: bool) -> Option<&StaticFile> {
        if is_cross_site { self.foreign.get(name) } else { self.own.get(name) }
    }
}

/// Fills in a page: `{{base}}` is the path prefix, `{{assets}}` the folder of the assets, `{{foreign}}` an attribute if
/// the viewer came from another site, and `{{preload main.js}}` links to that module and all that it imports
/// statically, so that the browser fetches them in parallel.
fn render(
    template: &str,
    base: &str,
    digest: &str,
    is_cross_site: bool,
    assets: &BTreeMap<String, StaticFile>,
) -> String {
    let folder = format!("{base}/assets/{digest}");
    let foreign = if is_cross_site { " data-foreign" } else { "" };
    let page = template.replace("{{base}}", base).replace("{{assets}}", &folder).replace("{{foreign}}", foreign);
    let Some((before, (entry, after))) =
        page.split_once("{{preload ").and_then(|(before, rest)| Some((before, rest.split_once("}}")?)))
    else {
        return page;
    };
    let link = |name: &String| format!("<link rel=\"modulepreload\" href=\"{folder}/{name}\">");
    let links: Vec<String> = collect_modules(entry, assets).iter().map(link).collect();
    format!("{before}{}{after}", links.join("\n"))
}

/// Escapes a text for an attribute in double quotes.
fn escape_attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}

/// A module and all that it imports statically, directly or not. Dynamic imports are left out.
fn collect_modules(entry: &str, assets: &BTreeMap<String, StaticFile>) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![entry.to_owned()];
    while let Some(name) = open.pop() {
        let Some(file) = assets.get(&name) else { continue };
        let text = String::from_utf8_lossy(&file.bytes);
        let imported = text.split(" from \"").skip(1).filter_map(|rest| rest.split_once('"'));
        open.extend(imported.filter_map(|(path, _)| resolve_import(&name, path)).filter(|path| !found.contains(path)));
        found.insert(name);
    }
    found
}

/// Resolves the relative path of an import.
fn resolve_import(name: &str, path: &str) -> Option<String> {
    let mut folders: Vec<&str> = name.split('/').collect();
    folders.pop();
    for step in path.split('/') {
        match step {
            "." => {}
            ".." => _ = folders.pop()?,
            "" => return None,
            name => folders.push(name),
        }
    }
    Some(folders.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(base: &str, template: &'static str, assets: &[(&str, &'static str)]) -> RenderedPages {
        let bytes = |text: &'static str| Bytes::from_static(text.as_bytes());
        let assets = assets.iter().map(|(name, text)| ((*name).to_owned(), StaticFile::new(name, bytes(text))));
        let templates = BTreeMap::from([("index.html".to_owned(), bytes(template))]);
        RenderedPages::new(base, "d1", &templates, &assets.collect())
    }

    #[test]
    fn a_page_names_its_files_and_preloads_its_modules() {
        let assets = [
            ("ui/dom.js", "import { main } from \"../main.js\";"),
            ("main.js", "import { h } from \"./ui/dom.js\";\nimport { x } from \"/x.js\";\nimport(\"./later.js\");"),
            ("later.js", ""),
            ("overlay/goal.js", ""),
            ("style/page.css", ""),
        ];
        let template = "<html data-base=\"{{base}}\"{{foreign}}><a href=\"{{assets}}/x.svg\">\n{{preload main.js}}\n";
        for (base, written) in [("", ""), ("/tl", "/tl"), ("/a/b&\"<", "/a/b&amp;&quot;&lt;")] {
            let pages = rendered(base, template, &assets);
            let folder = format!("{written}/assets/d1");
            let link = |name: &str| format!("\n<link rel=\"modulepreload\" href=\"{folder}/{name}\">");
            for (is_cross_site, attribute) in [(false, ""), (true, " data-foreign")] {
                let expected = format!(
                    "<html data-base=\"{written}\"{attribute}><a href=\"{folder}/x.svg\">{}{}\n",
                    link("main.js"),
                    link("ui/dom.js")
                );
                assert_eq!(pages.page("index.html", is_cross_site).expect("a page").bytes, expected);
            }
            assert!(pages.page("ui/dom.js", false).is_none());
        }
    }

    #[test]
    fn variants_have_tags_of_their_own() {
        let pages = rendered("", "<html{{foreign}}>", &[]);
        let tag = |is_cross_site| &pages.page("index.html", is_cross_site).expect("a page").tag;
        assert_ne!(tag(false), tag(true));
    }
}
