//! Files that are to be there after the power was gone.

use std::{fs::File, io, path::Path};

/// Writes the folder of a file to the disk: until then a new name may be lost with the power.
pub(crate) fn sync_folder_of(path: &Path) -> io::Result<()> {
    if cfg!(not(unix)) {
        return Ok(());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    match File::open(folder.unwrap_or_else(|| Path::new(".")))?.sync_all() {
        // Not every file system has something to write.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        synced => synced,
    }
}
