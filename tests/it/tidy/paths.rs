//! The paths that a source file names, however they are written: grouped and nested imports, renames, `self` and
//! `super`, inline paths, those within macro calls.

use std::collections::BTreeMap;

use super::tokens::{Token, tokens};

/// A path from `crate`, or from a crate's name, on; `*` and `name!` may come last.
pub(super) type Path = Vec<String>;

/// What a file names.
#[derive(Default)]
pub(super) struct Named {
    /// The paths, resolved as far as the file itself says.
    pub(super) paths: Vec<Path>,
    /// What its imports call things: for each name the paths that it may stand for.
    pub(super) imports: BTreeMap<String, Vec<Path>>,
    /// The paths as written.
    written: Vec<Path>,
}

impl Named {
    /// What a file names outside its test modules. `module` is the path of the file's module, from `crate` on.
    pub(super) fn in_file(module: Path, text: &str) -> Self {
        let mut named = Self::default();
        named.read(&module, &tokens(text));
        let written = std::mem::take(&mut named.written);
        named.paths = written.into_iter().flat_map(|path| named.resolved(path)).collect();
        named
    }

    fn read(&mut self, module: &Path, tokens: &[Token]) {
        let mut at = 0;
        let mut is_test = false;
        while at < tokens.len() {
            match &tokens[at] {
                Token::Word(word) if word == "use" => {
                    (at, is_test) = (at + 1, false);
                    self.import(module, &Vec::new(), tokens, &mut at);
                }
                Token::Word(word) if word == "mod" => {
                    if let [Token::Word(name), Token::Group(_, body), ..] = &tokens[at + 1..] {
                        if !is_test {
                            self.read(
                                &[module.as_slice(), std::slice::from_ref(name)].concat(),
                                body,
                            );
                        }
                        at += 2;
                    }
                    (at, is_test) = (at + 1, false);
                }
                // Who may see it is not what it names.
                Token::Word(word) if word == "pub" => {
                    at += 1 + usize::from(matches!(tokens.get(at + 1), Some(Token::Group('(', _))));
                }
                Token::Word(_) => (at, is_test) = (self.path(module, tokens, at), false),
                Token::Mark('#') => {
                    let attribute = tokens[at + 1..].iter().take(2).find_map(group_of);
                    is_test |= attribute.is_some_and(is_for_tests);
                    at += 1;
                }
                Token::Group(_, inside) => {
                    self.read(module, inside);
                    at += 1;
                }
                Token::Mark(_) => at += 1,
            }
        }
    }

    /// Takes in a path in an expression, a type or a macro call; where it ends.
    fn path(&mut self, module: &Path, tokens: &[Token], mut at: usize) -> usize {
        let mut path = Vec::new();
        while let Some(Token::Word(name)) = tokens.get(at) {
            path.push(name.clone());
            at += 1;
            if !matches!(tokens[at..], [Token::Mark(':'), Token::Mark(':'), ..]) {
                break;
            }
            at += 2;
        }
        if let [Token::Mark('!'), Token::Group(..), ..] = &tokens[at..] {
            path.last_mut().expect("it begins with a word").push('!');
        }
        self.written.push(absolute(module, path));
        at
    }

    /// Takes in one branch of an import, which begins at a place and whose path so far is `before`.
    fn import(&mut self, module: &Path, before: &Path, tokens: &[Token], at: &mut usize) {
        let mut path = before.clone();
        let (mut own, mut renamed) = (false, None);
        while let Some(token) = tokens.get(*at) {
            *at += 1;
            match token {
                Token::Word(word) if word == "as" => {
                    if let Some(Token::Word(name)) = tokens.get(*at) {
                        renamed = Some(name.clone());
                    }
                    *at += 1;
                }
                Token::Word(word) if word == "self" && !path.is_empty() => own = true,
                Token::Word(word) => path.push(word.clone()),
                Token::Group(_, branches) => {
                    let mut branch = 0;
                    while branch < branches.len() {
                        self.import(module, &path, branches, &mut branch);
                    }
                    path.clear();
                }
                Token::Mark(',' | ';') => break,
                Token::Mark('*') => path.push("*".to_owned()),
                Token::Mark(_) => {}
            }
        }
        if path.is_empty() || (path == *before && !own) {
            return;
        }
        let name = renamed.or_else(|| path.last().cloned()).expect("it is not empty");
        let path = absolute(module, path);
        // What a name stands for within its own path is not itself.
        if path != [name.as_str()] {
            self.imports.entry(name).or_default().push(path.clone());
        }
        self.written.push(path);
    }

    /// What a path may stand for, by the imports of its file.
    fn resolved(&self, path: Path) -> Vec<Path> {
        let mut open = vec![(path, Vec::new())];
        let mut found: Vec<Path> = Vec::new();
        while let Some((path, mut names)) = open.pop() {
            let (first, rest) = path.split_first().expect("no path is empty");
            // An import may be of its own name: `use memchr::memchr`.
            if let Some(known) = self.imports.get(first).filter(|_| !names.contains(first)) {
                names.push(first.clone());
                let longer = known.iter().map(|known| [known.as_slice(), rest].concat());
                open.extend(longer.map(|path| (path, names.clone())));
            }
            found.push(path);
        }
        found
    }
}

/// A path from the module on that it is written in.
fn absolute(module: &Path, path: Path) -> Path {
    let mut base = module.clone();
    let mut rest = path.as_slice();
    loop {
        match rest.first().map(String::as_str) {
            Some("self") => {}
            Some("super") => drop(base.pop()),
            _ if rest.len() == path.len() => return path,
            _ => return [&base, rest].concat(),
        }
        rest = &rest[1..];
    }
}

/// Whether this is in the attribute of what only tests have.
fn is_for_tests(attribute: &[Token]) -> bool {
    let is = |token: &Token, name: &str| matches!(token, Token::Word(word) if word == name);
    match attribute {
        [cfg, Token::Group(_, inside)] if is(cfg, "cfg") => match &inside[..] {
            [all, Token::Group(_, inside)] if is(all, "all") => {
                inside.iter().any(|token| is(token, "test"))
            }
            [test] => is(test, "test"),
            _ => false,
        },
        _ => false,
    }
}

fn group_of(token: &Token) -> Option<&[Token]> {
    match token {
        Token::Group(_, inside) => Some(inside),
        _ => None,
    }
}
