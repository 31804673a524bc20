"""Where lines come from: files, keys of object stores and files of other servers, however compressed."""
