import sys
from importlib.abc import MetaPathFinder

import pytest

from tfmoe.cli import main


class Interrupted(MetaPathFinder):
    def find_spec(self, fullname, path, target=None):
        if fullname == "tfmoe.cli.app":
            raise KeyboardInterrupt


def test_ctrl_c_during_the_imports(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delitem(sys.modules, "tfmoe.cli.app", raising=False)
    monkeypatch.setattr(sys, "meta_path", [Interrupted(), *sys.meta_path])
    with pytest.raises(SystemExit) as ended:
        main()
    assert (ended.value.code, capsys.readouterr().err) == (130, "tfmoe: interrupted\n")
