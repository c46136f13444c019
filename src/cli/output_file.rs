//! Files that the server writes for other programs. A regular file appears only when it is complete.

use std::fs::{File, OpenOptions, metadata, symlink_metadata};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// How many symbolic links in a row are followed: as many as Linux does.
const MAX_LINKS: usize = 40;

/// A regular file that was written. Dropping this removes the file, if it is still there as it was written.
#[derive(Debug)]
#[must_use = "the file is removed when this is dropped"]
pub struct OutputFile {
    path: PathBuf,
    text: String,
}

impl OutputFile {
    /// Keeps the file.
    pub fn keep(mut self) {
        self.path = PathBuf::new();
    }

    /// Whether the path still holds this file with this text.
    fn is_unchanged(&self) -> bool {
        let same_length = |found: std::fs::Metadata| found.is_file() && found.len() == self.text.len() as u64;
        symlink_metadata(&self.path).is_ok_and(same_length)
            && std::fs::read(&self.path).is_ok_and(|text| text == self.text.as_bytes())
    }
}

impl Drop for OutputFile {
    fn drop(&mut self) {
        if self.is_unchanged() && std::fs::remove_file(&self.path).is_err() {
            // A file that cannot be removed, such as a bind mount, is emptied.
            let _ = File::create(&self.path);
        }
    }
}

/// Writes a text to a file. A new file gets the permissions `mode`. Returns the file if it is a regular one.
///
/// A regular file appears complete and replaces an existing one; where that is impossible (the file is a bind mount, or its
/// folder is not writable) the text is written into the existing file. A symbolic link stays, and its target is written.
/// Anything else is opened and written to: a device, a pipe, a descriptor that this process was started with
/// (`/dev/stdout`, `/dev/fd/3`).
///
/// Opening a named pipe blocks until a reader opens it, so a thread does that; `on_error` receives its error.
pub fn write_file(
    path: &Path,
    text: &str,
    mode: u32,
    on_error: impl FnOnce(Error) + Send + 'static,
) -> Result<Option<OutputFile>> {
    let doing = format!("writing {}", path.display());
    let written = match output_target(path) {
        Ok(OutputTarget::Regular(path)) => {
            replace(&path, text, mode).map(|()| Some(OutputFile { path, text: text.to_owned() }))
        }
        Ok(OutputTarget::Stdout) => write_out(&mut io::stdout().lock(), text).map(|()| None),
        Ok(OutputTarget::Stderr) => write_out(&mut io::stderr().lock(), text).map(|()| None),
        Ok(OutputTarget::Other) => append(path, text).map(|()| None),
        Ok(OutputTarget::Pipe) => {
            let (path, text, doing) = (path.to_owned(), text.to_owned(), doing.clone());
            // A plain thread: a runtime would wait for a blocking task when it ends, and this one may never finish.
            let thread = std::thread::Builder::new().name("pipe".into()).spawn(move || {
                if let Err(error) = append(&path, &text) {
                    on_error(Error::io(doing, error));
                }
            });
            thread.map(|_| None)
        }
        Err(error) => Err(error),
    };
    written.map_err(|error| Error::io(doing, error))
}

/// What a path leads to.
#[derive(Debug, PartialEq, Eq)]
enum OutputTarget {
    /// A regular file, or none yet; the path has its symbolic links resolved.
    Regular(PathBuf),
    /// This process's standard output, of whatever kind.
    Stdout,
    /// This process's standard error.
    Stderr,
    /// A named pipe: opening it blocks until a reader opens it.
    Pipe,
    /// Anything else that can be opened and written to.
    Other,
}

fn output_target(path: &Path) -> io::Result<OutputTarget> {
    let found = match metadata(path) {
        Ok(found) if found.is_dir() => return Err(ErrorKind::IsADirectory.into()),
        Ok(found) => Some(found),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    if path.as_os_str().as_encoded_bytes().ends_with(b"/") {
        return Err(ErrorKind::NotADirectory.into());
    }
    let end = resolve_links(path)?;
    let Some(found) = found else { return Ok(OutputTarget::Regular(end)) };
    match descriptor_number(&end) {
        // Opening the path again would start at offset 0 of the file that the shell has redirected the descriptor to.
        Some("1") if is_own_descriptor(&end) => Ok(OutputTarget::Stdout),
        Some("2") if is_own_descriptor(&end) => Ok(OutputTarget::Stderr),
        None if found.is_file() => Ok(OutputTarget::Regular(end)),
        _ => special_target(&found),
    }
}

#[cfg(unix)]
fn special_target(found: &std::fs::Metadata) -> io::Result<OutputTarget> {
    use std::os::unix::fs::FileTypeExt;
    match found.file_type() {
        kind if kind.is_fifo() => Ok(OutputTarget::Pipe),
        kind if kind.is_block_device() => Err(io::Error::new(ErrorKind::InvalidInput, "it is a block device")),
        kind if kind.is_socket() => Err(io::Error::new(ErrorKind::InvalidInput, "it is a socket")),
        _ => Ok(OutputTarget::Other),
    }
}

#[cfg(not(unix))]
fn special_target(_: &std::fs::Metadata) -> io::Result<OutputTarget> {
    Ok(OutputTarget::Other)
}

/// The path with all symbolic links resolved, also where the target does not exist. Links in a folder of descriptors are not
/// resolved: their targets may have no path.
fn resolve_links(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let name = path.file_name().ok_or(ErrorKind::InvalidFilename)?;
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder.canonicalize()?,
            _ => Path::new(".").canonicalize()?,
        };
        let whole = folder.join(name);
        if descriptor_number(&whole).is_some() || !symlink_metadata(&whole).is_ok_and(|found| found.is_symlink()) {
            return Ok(whole);
        }
        path = folder.join(std::fs::read_link(&whole)?);
    }
    Err(io::Error::other("too many symbolic links in a row"))
}

/// The number in the path of a descriptor. The folder of `path` must have its links resolved.
fn descriptor_number(path: &Path) -> Option<&str> {
    let folder = path.parent()?;
    let holds_descriptors = folder == Path::new("/dev/fd") || folder.starts_with("/proc") && folder.ends_with("fd");
    holds_descriptors.then(|| path.file_name()?.to_str())?
}

/// Whether the path of a descriptor belongs to this process, and is not `/proc/PID/fd/N` of another.
fn is_own_descriptor(descriptor: &Path) -> bool {
    descriptor.starts_with("/dev/fd")
        || Path::new("/proc/self").canonicalize().is_ok_and(|process| descriptor.starts_with(process))
}

fn write_out(out: &mut impl Write, text: &str) -> io::Result<()> {
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Appends to an existing file: a special one, or a regular one by its descriptor.
fn append(path: &Path, text: &str) -> io::Result<()> {
    OpenOptions::new().append(true).open(path)?.write_all(text.as_bytes())
}

/// Writes a partial file and renames it to `path`.
fn replace(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let mut name = path.file_name().ok_or(ErrorKind::InvalidFilename)?.to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let part = path.with_file_name(name);
    // Left behind by an earlier process with the same id.
    let _ = std::fs::remove_file(&part);
    let written = create(&part, mode)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .and_then(|()| std::fs::rename(&part, path));
    let Err(error) = written else { return Ok(()) };
    // If removing the partial file fails too, the first error is the one to return.
    let _ = std::fs::remove_file(&part);
    match error.kind() {
        ErrorKind::ResourceBusy
        | ErrorKind::CrossesDevices
        | ErrorKind::PermissionDenied
        | ErrorKind::ReadOnlyFilesystem
            if path.is_file() =>
        {
            overwrite(path, text, mode)
        }
        _ => Err(error),
    }
}

/// Creates a file that does not exist.
fn create(path: &Path, mode: u32) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    options.open(path)
}

/// Writes into a regular file that cannot be replaced.
fn overwrite(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).truncate(true).open(path)?;
    // Fails for a file of another user, which keeps its permissions.
    #[cfg(unix)]
    let _ = file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    let _ = mode;
    file.write_all(text.as_bytes())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    /// An empty folder for one test, removed when this is dropped.
    struct TempDir(PathBuf);

    impl std::ops::Deref for TempDir {
        type Target = Path;

        fn deref(&self) -> &Path {
            &self.0
        }
    }

    impl Drop for TempDir {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    fn folder(name: &str) -> TempDir {
        let folder = std::env::temp_dir().join(format!("touchline-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        TempDir(folder)
    }

    fn write(path: &Path, text: &str) -> Result<Option<OutputFile>> {
        write_file(path, text, 0o600, |error| panic!("{error}"))
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(folder).expect("a folder");
        let mut names: Vec<_> =
            entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("text")).collect();
        names.sort();
        names
    }

    #[test]
    fn a_regular_file_is_replaced_atomically_and_removed_on_drop() {
        let folder = folder("regular");
        let path = folder.join("ready.json");
        std::fs::write(&path, "old").expect("written");
        let before = metadata(&path).expect("there").ino();
        let file = write(&path, "new\n").expect("written").expect("a regular file");
        let found = metadata(&path).expect("there");
        assert!(found.ino() != before && found.permissions().mode() & 0o777 == 0o600);
        assert_eq!((std::fs::read_to_string(&path).expect("text"), names(&folder).len()), ("new\n".to_owned(), 1));
        drop(file);
        assert!(names(&folder).is_empty());
        write(&path, "kept").expect("written").expect("a regular file").keep();
        assert_eq!(names(&folder), ["ready.json"]);
    }

    #[test]
    fn a_file_that_another_process_has_changed_stays() {
        let folder = folder("other");
        let path = folder.join("ready.json");
        for other in ["theirs\n", "mine, and more"] {
            let file = write(&path, "mine\n").expect("written").expect("a regular file");
            std::fs::write(&path, other).expect("written");
            drop(file);
            assert_eq!(std::fs::read_to_string(&path).expect("still there"), other);
        }
        let file = write(&path, "mine\n").expect("written").expect("a regular file");
        std::fs::rename(&path, folder.join("moved")).expect("moved");
        symlink("moved", &path).expect("a link");
        drop(file);
        assert_eq!(names(&folder), ["moved", "ready.json"], "a link was not what was written");
    }

    #[test]
    fn a_link_stays_a_link_whether_its_target_exists_or_not() {
        let folder = folder("links");
        std::fs::create_dir(folder.join("deep")).expect("a folder");
        std::fs::write(folder.join("deep/there"), "old").expect("written");
        symlink("deep/there", folder.join("one")).expect("a link");
        symlink("one", folder.join("two")).expect("a link");
        symlink("deep/not-yet", folder.join("three")).expect("a link");
        for (link, end) in [("one", "there"), ("two", "there"), ("three", "not-yet")] {
            let file = write(&folder.join(link), "new").expect("written").expect("a regular file");
            assert!(symlink_metadata(folder.join(link)).expect("there").is_symlink(), "{link}");
            assert_eq!(std::fs::read_to_string(folder.join("deep").join(end)).expect("text"), "new", "{link}");
            drop(file);
            assert!(names(&folder.join("deep")).iter().all(|name| name != end), "{link}");
        }
        symlink("round", folder.join("round")).expect("a link");
        assert!(write(&folder.join("round"), "x").is_err());
    }

    #[test]
    fn a_path_that_cannot_be_written_is_an_error() {
        let folder = folder("refused");
        for (path, words) in [
            (folder.to_path_buf(), "directory"),
            (folder.join("nowhere/ready.json"), "No such file"),
            (folder.join("ready.json/"), "directory"),
            (PathBuf::from("/dev/full"), "No space left"),
            (PathBuf::from("/dev/fd/1000000"), "No such file"),
        ] {
            if path.starts_with("/dev") && !cfg!(target_os = "linux") {
                continue;
            }
            let error = write(&path, "x").expect_err("refused").to_string();
            assert!(error.starts_with(&format!("writing {}: ", path.display())), "{error}");
            assert!(error.to_lowercase().contains(&words.to_lowercase()), "{error}");
        }
        assert!(names(&folder).is_empty());
        assert!(write(Path::new("/dev/null"), "x").expect("written").is_none());
    }

    #[test]
    fn descriptors_are_appended_to_and_never_replaced() {
        if !cfg!(target_os = "linux") {
            return;
        }
        let folder = folder("descriptors");
        let path = folder.join("redirected");
        std::fs::write(&path, "before\n").expect("written");
        let open = OpenOptions::new().append(true).open(&path).expect("open");
        let number = std::os::fd::AsRawFd::as_raw_fd(&open);
        for by in [format!("/dev/fd/{number}"), format!("/proc/self/fd/{number}")] {
            assert!(write(Path::new(&by), "line\n").expect("written").is_none());
        }
        symlink(format!("/dev/fd/{number}"), folder.join("link")).expect("a link");
        assert!(write(&folder.join("link"), "line\n").expect("written").is_none());
        assert_eq!(std::fs::read_to_string(&path).expect("text"), "before\nline\nline\nline\n");
        assert_eq!(output_target(Path::new("/dev/stdout")).expect("a target"), OutputTarget::Stdout);
        assert_eq!(output_target(Path::new("/dev/fd/2")).expect("a target"), OutputTarget::Stderr);
    }

    #[test]
    fn the_stdout_of_another_process_is_not_taken_for_ones_own() {
        if !cfg!(target_os = "linux") {
            return;
        }
        let folder = folder("another");
        let path = folder.join("theirs");
        let file = File::create(&path).expect("created");
        let mut command = std::process::Command::new("cat");
        let mut other = command.stdin(std::process::Stdio::piped()).stdout(file).spawn().expect("cat");
        let by = PathBuf::from(format!("/proc/{}/fd/1", other.id()));
        let written = write(&by, "mine\n").map(|file| file.is_none());
        drop(other.stdin.take());
        assert!(other.wait().expect("its end").success());
        assert!(written.expect("written"));
        assert_eq!(std::fs::read_to_string(&path).expect("text"), "mine\n");
        for own in ["/proc/self/fd/1", "/proc/thread-self/fd/1", &format!("/proc/{}/fd/1", std::process::id())] {
            assert_eq!(output_target(Path::new(own)).expect("a target"), OutputTarget::Stdout, "{own}");
        }
    }

    #[test]
    fn a_pipe_is_written_when_somebody_reads_and_is_waited_for_by_nobody() {
        let folder = folder("pipe");
        let path = folder.join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo");
        assert!(made.success());
        assert!(write(&path, "ready\n").expect("under way").is_none());
        assert_eq!(std::fs::read_to_string(&path).expect("text"), "ready\n");
        assert_eq!(names(&folder), ["pipe"]);
    }

    #[test]
    fn a_file_that_cannot_be_replaced_is_overwritten_and_emptied_at_the_end() {
        let folder = folder("overwritten");
        let path = folder.join("ready.json");
        std::fs::write(&path, "much longer than what comes").expect("written");
        overwrite(&path, "new", 0o600).expect("written");
        let found = metadata(&path).expect("there");
        assert_eq!((found.len(), found.permissions().mode() & 0o777), (3, 0o600));
    }
}
