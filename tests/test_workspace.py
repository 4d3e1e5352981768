import pytest

from mapping.workspace import Workspace, replacing, write_text


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = write_text("first", tmp_path / "table.csv")

    def interrupted():
        with replacing(path) as temporary:
            temporary.write_text("half of the sec")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_text() == "first"
    assert [file.name for file in tmp_path.iterdir()] == ["table.csv"]


def test_nothing_is_made_until_something_is_written(tmp_path):
    workspace = Workspace(tmp_path / "new")
    assert workspace.exports == tmp_path / "new" / "exports"
    assert not (tmp_path / "new").exists()
