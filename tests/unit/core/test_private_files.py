import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from tfmoe.core.errors import InputError
from tfmoe.core.private_files import open_private


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_others_can_read_nothing_whatever_the_umask(tmp_path: Path) -> None:
    folder = tmp_path / "locks"
    open_private(folder, "a.lock").close()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "a.lock").stat().st_mode) == 0o600


def test_content_is_kept_and_an_open_folder_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "locks"
    folder.mkdir()
    folder.chmod(0o777)
    (folder / "a.lock").write_text("kept")
    with open_private(folder, "a.lock") as file:
        assert file.read() == "kept"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_link_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (tmp_path / "locks").symlink_to(victim)
    with pytest.raises(InputError, match=r"locks: the folder cannot be used .*set TMPDIR to"):
        open_private(tmp_path / "locks", "a.lock")
    assert list(victim.iterdir()) == []
    (tmp_path / "lost").symlink_to(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"lost: the folder cannot be used"):
        open_private(tmp_path / "lost", "a.lock")
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match=r"file: the folder cannot be used"):
        open_private(tmp_path / "file", "a.lock")


def test_links_and_pipes_in_the_folder_are_refused(tmp_path: Path) -> None:
    folder, victim = tmp_path / "locks", tmp_path / "victim"
    folder.mkdir()
    victim.write_text("precious")
    (folder / "link").symlink_to(victim)
    (folder / "lost").symlink_to(tmp_path / "made")
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe")
    for name in ("link", "lost", "folder"):
        with pytest.raises(InputError, match=rf"{name}: the file cannot be used"):
            open_private(folder, name)
    with pytest.raises(InputError, match="pipe: found another kind of file; remove it"):
        open_private(folder, "pipe")
    assert victim.read_text() == "precious"
    assert not (tmp_path / "made").exists()


def test_a_folder_or_file_of_another_user_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "locks"
    open_private(folder, "a.lock").close()
    own = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: own + 1)
    with pytest.raises(InputError, match=rf"locks: found one of user {own}, expected a private"):
        open_private(folder, "a.lock")
