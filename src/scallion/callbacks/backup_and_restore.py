"""BackupAndRestore: training that continues after the process was killed."""

import os
from pathlib import Path
from typing import Any

from scallion import files
from scallion.callbacks import state_file
from scallion.callbacks.callback import Callback, Logs
from scallion.errors import ArgumentError


class BackupAndRestore(Callback):
    """Save the state of training to `backup_dir`, and restore it when `fit` runs again.

    It is saved after each epoch, or after every `save_freq` batches. Resumed training is
    bit-identical: weights, optimizer state, order of the images, history and the state of callbacks
    are restored. The file is replaced atomically, so `double_checkpoint` changes nothing. At the
    end of `fit` it is deleted, unless `delete_checkpoint=False`. Raises ArgumentError; `fit` raises
    FileError, FileVersionError.
    """

    def __init__(
        self,
        backup_dir: str | os.PathLike[str],
        save_freq: str | int = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:
        super().__init__()
        if not backup_dir:
            raise ArgumentError(
                f"`backup_dir` is the path of a folder. Received: backup_dir={backup_dir!r}",
                hint='BackupAndRestore("backup")',
            )
        if save_freq != "epoch" and (
            isinstance(save_freq, bool) or not isinstance(save_freq, int) or save_freq < 1
        ):
            raise ArgumentError(
                f"`save_freq` is 'epoch' or a number of batches. Received: save_freq={save_freq!r}",
                hint='save_freq="epoch"',
            )
        self.backup_dir = os.fspath(backup_dir)
        self.save_freq = save_freq
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        self._batches = 0
        if save_freq != "epoch":
            # Not a method, so that training without `save_freq` calls nothing between two steps.
            self.on_batch_complete = self._count_batch

    @property
    def path(self) -> Path:
        """The path of the file with the saved state."""
        return Path(self.backup_dir) / "training.state"

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Restore the saved state, if there is one."""
        self._batches = 0
        if self.path.is_file():
            self.model.training_loop.resume(state_file.read(self.path))

    def on_epoch_complete(self, loop: Any) -> None:
        """Save the state, unless it is saved every few batches."""
        if self.save_freq == "epoch":
            self._save(loop)

    def _count_batch(self, loop: Any) -> None:
        self._batches += 1
        if self._batches % int(self.save_freq) == 0:
            self._save(loop)

    def _save(self, loop: Any) -> None:
        files.make_folder(self.path.parent)
        state_file.write(self.path, loop.get_state())

    def on_train_end(self, logs: Logs | None = None) -> None:
        """Delete the file, unless `delete_checkpoint=False`."""
        if self.delete_checkpoint and self.path.is_file():
            with files.file_errors(self.path, "delete"):
                self.path.unlink()
