"""How long things take, each beside the bare figure of the same machine and the same run."""
