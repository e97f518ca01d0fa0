"""The readers of the real formats: what they read, and what they say of files that are not that."""

import gzip
import os
import pickle
import re
import struct
import tracemalloc

import numpy as np
import pytest

from gradatlas.errors import DataFileError, MissingProgramError
from gradatlas.programs import datasets
from gradatlas.programs.datasets import bundled, cifar, folders, reading
from gradatlas.programs.datasets.mnist import MOST

IMAGES = "t10k-images-idx3-ubyte.gz"
LABELS = "t10k-labels-idx1-ubyte"


def head(count, *sides, magic=b"\0\0\x08\x03"):
    return magic + b"".join(struct.pack(">I", n) for n in (count, *(sides or (28, 28))))


class TestMnist:
    def test_reads_pictures_and_labels(self, mnist_folder):
        data = datasets.mnist(mnist_folder, "28x28x1")
        raw = np.frombuffer(gzip.decompress((mnist_folder / IMAGES).read_bytes())[16:], np.uint8).reshape(4, 28, 28, 1)
        assert data.x.shape == (6, 28, 28, 1)
        assert data.x.dtype == np.float32
        assert data.y.dtype == np.int64
        assert np.array_equal(data.x_test, raw.astype(np.float32) / np.float32(255))
        assert data.y.tolist() == [0, 1, 2, 3, 4, 5]
        assert data.y_test.tolist() == [0, 1, 2, 3]
        assert "6 for training, 4 held out" in data.about

    def test_vectors_are_the_same_numbers(self, mnist_folder):
        pictures, vectors = (datasets.mnist(mnist_folder, form) for form in ("28x28x1", "784"))
        assert np.array_equal(pictures.x.reshape(6, 784), vectors.x)

    def test_packed_and_unpacked_are_the_same(self, mnist_folder):
        packed = datasets.mnist(mnist_folder, "784")
        (mnist_folder / IMAGES[:-3]).write_bytes(gzip.decompress((mnist_folder / IMAGES).read_bytes()))
        (mnist_folder / IMAGES).unlink()
        (mnist_folder / f"{LABELS}.gz").write_bytes(gzip.compress((mnist_folder / LABELS).read_bytes()))
        (mnist_folder / LABELS).unlink()
        assert np.array_equal(packed.x_test, datasets.mnist(mnist_folder, "784").x_test)

    def test_the_folder_above_and_names_with_a_dot(self, mnist_folder):
        below = mnist_folder / "MNIST" / "raw"
        below.mkdir(parents=True)
        for path in list(mnist_folder.glob("*ubyte*")):
            path.rename(below / path.name.replace("-idx", ".idx"))
        assert len(datasets.mnist(mnist_folder, "784").x) == 6

    @pytest.mark.parametrize(
        ("name", "content", "offset", "says"),
        [
            ("empty", b"", 0, "its head needs 16 bytes"),
            ("half a head", head(4)[:9], 9, "its head needs 16 bytes"),
            ("text", b"<html>not found</html>", 0, "begins with 3c 68 74 6d"),
            ("labels in their place", head(4, magic=b"\0\0\x08\x01") + bytes(99), 0, "not with 00 00 08 03"),
            ("floats", head(4, magic=b"\0\0\x0d\x03") + bytes(4 * 4 * 784), 0, "00 00 0d 03"),
            ("least significant first", head(4, magic=b"\x03\x08\0\0"), 0, "03 08 00 00"),
            ("no samples", head(0), 4, "tells of 0 samples"),
            ("more samples than there are", head(2**32 - 1), 4, "4,294,967,295 samples"),
            ("other pictures", head(4, 28, 32) + bytes(4 * 28 * 32), 12, "a side of 32"),
            ("huge pictures", head(4, 2**31, 28), 8, "a side of 2,147,483,648"),
            ("truncated", head(4) + bytes(4 * 784 - 1), 16 + 4 * 784 - 1, "the file ends, 3,152 bytes were to come"),
            ("more than it tells of", head(4) + bytes(4 * 784 + 1), 16 + 4 * 784, "there is more than"),
        ],
    )
    @pytest.mark.parametrize("packed", [True, False])
    def test_what_is_wrong_is_said_with_file_and_byte(self, mnist_folder, name, content, offset, says, packed):
        path = mnist_folder / (IMAGES if packed else IMAGES[:-3])
        (mnist_folder / IMAGES).unlink()
        path.write_bytes(gzip.compress(content) if packed else content)
        with pytest.raises(DataFileError) as caught:
            datasets.mnist(mnist_folder, "784")
        assert (caught.value.path, caught.value.offset) == (str(path), offset)
        assert f"{path}, byte {offset}: " in str(caught.value)
        assert says in str(caught.value)
        assert "t10k-labels-idx1-ubyte.gz" in caught.value.mend

    def test_a_damaged_packing(self, mnist_folder):
        path = mnist_folder / IMAGES
        content = bytearray(path.read_bytes())
        for at in range(len(content) // 2, len(content) // 2 + 40):
            content[at] ^= 0x55
        path.write_bytes(content)
        with pytest.raises(DataFileError, match=r"packing is damaged|the file ends"):
            datasets.mnist(mnist_folder, "784")

    def test_a_packing_cut_off(self, mnist_folder):
        path = mnist_folder / IMAGES
        path.write_bytes(path.read_bytes()[:-500])
        with pytest.raises(DataFileError, match="packing is damaged") as caught:
            datasets.mnist(mnist_folder, "784")
        assert 0 < caught.value.offset < 16 + 4 * 784

    def test_no_packing_where_the_name_says_so(self, mnist_folder):
        (mnist_folder / IMAGES).write_bytes(head(4) + bytes(4 * 784))
        with pytest.raises(DataFileError, match="packing is damaged"):
            datasets.mnist(mnist_folder, "784")

    def test_packed_where_the_name_does_not_say_so(self, mnist_folder):
        (mnist_folder / LABELS).write_bytes(gzip.compress((mnist_folder / LABELS).read_bytes()))
        with pytest.raises(DataFileError, match=r"packed with gzip.*let its name end with \.gz"):
            datasets.mnist(mnist_folder, "784")

    def test_labels_of_other_pictures(self, mnist_folder):
        (mnist_folder / LABELS).write_bytes(head(5, magic=b"\0\0\x08\x01")[:8] + bytes(5))
        with pytest.raises(DataFileError, match="5 labels for the 4 pictures of t10k-images") as caught:
            datasets.mnist(mnist_folder, "784")
        assert caught.value.offset == 4

    def test_a_label_that_is_no_digit(self, mnist_folder):
        (mnist_folder / LABELS).write_bytes(head(4, magic=b"\0\0\x08\x01")[:8] + bytes([1, 2, 10, 3]))
        with pytest.raises(DataFileError, match="label 10, where labels are 0 to 9") as caught:
            datasets.mnist(mnist_folder, "784")
        assert caught.value.offset == 10

    def test_a_missing_file_is_named(self, mnist_folder):
        (mnist_folder / LABELS).unlink()
        with pytest.raises(DataFileError, match=f"holds no {LABELS}"):
            datasets.mnist(mnist_folder, "784")

    def test_a_folder_that_is_missing_or_a_file(self, tmp_path):
        with pytest.raises(DataFileError, match="there is no folder"):
            datasets.mnist(tmp_path / "none", "784")
        (tmp_path / "mnist.zip").write_bytes(b"PK")
        with pytest.raises(DataFileError, match="is a file: name the folder"):
            datasets.mnist(tmp_path / "mnist.zip", "784")

    def test_a_file_that_may_not_be_read(self, mnist_folder, monkeypatch):
        def refused(path):
            raise PermissionError(13, "Permission denied", path)

        monkeypatch.setattr(os.path, "getsize", refused)
        with pytest.raises(DataFileError, match=r"byte 0: it cannot be read \(Permission denied\)"):
            datasets.mnist(mnist_folder, "784")

    def test_a_path_that_opens_nothing_is_no_file(self, mnist_folder):
        (mnist_folder / LABELS).unlink()
        os.mkfifo(mnist_folder / LABELS)  # to open it would wait for ever
        with pytest.raises(DataFileError, match="holds no t10k-labels"):
            datasets.mnist(mnist_folder, "784")


class TestMemory:
    @pytest.mark.parametrize("packed", [True, False])
    def test_a_head_that_lies_asks_for_no_memory(self, mnist_folder, packed):
        """A head that tells of 784 MB, with 1 kB behind it."""
        path = mnist_folder / (IMAGES if packed else IMAGES[:-3])
        (mnist_folder / IMAGES).unlink()
        content = head(MOST) + bytes(1000)
        path.write_bytes(gzip.compress(content) if packed else content)
        tracemalloc.start()
        try:
            with pytest.raises(DataFileError) as caught:
                datasets.mnist(mnist_folder, "784")
            said, offset = (r"more than .* packed bytes can hold", 16) if packed else ("the file ends", 16 + 1000)
            assert re.search(said, str(caught.value))
            assert caught.value.offset == offset
            assert tracemalloc.get_traced_memory()[1] < 4e6
        finally:
            tracemalloc.stop()

    def test_a_bomb_is_not_unpacked(self, mnist_folder):
        """100 MB of zeros in 100 kB, behind a head of four pictures."""
        (mnist_folder / IMAGES).write_bytes(gzip.compress(head(4) + bytes(100_000_000)))
        tracemalloc.start()
        try:
            with pytest.raises(DataFileError, match="there is more than the 3,152 bytes"):
                datasets.mnist(mnist_folder, "784")
            assert tracemalloc.get_traced_memory()[1] < 4e6
        finally:
            tracemalloc.stop()

    def test_deflate_packs_no_tighter_than_is_assumed(self):
        size = 20_000_000
        assert size / reading.DEFLATED < len(gzip.compress(bytes(size)))


class TestCifar:
    def test_reads_pictures_with_the_channels_last(self, cifar_folder):
        data = datasets.cifar10(cifar_folder, records=3)
        assert data.x.shape == (15, 32, 32, 3)
        assert data.x_test.shape == (3, 32, 32, 3)
        assert data.x.dtype == np.float32
        assert data.y.tolist() == [0, 1, 2] * 5
        assert np.array_equal(data.x[:, 5, 7, 0], np.float32([0, 1, 2] * 5) / np.float32(255))
        assert data.x[0, 1, 2, 1] == 1.0
        assert data.x[..., 1].sum() == 15
        assert not data.x[..., 2].any()
        assert data.classes[data.y[1]] == "automobile"

    def test_the_folder_above(self, cifar_folder):
        below = cifar_folder / "cifar-10-batches-bin"
        below.mkdir()
        for path in cifar_folder.glob("*.bin"):
            path.rename(below / path.name)
        assert len(datasets.cifar10(cifar_folder, records=3).x) == 15

    def test_a_file_has_ten_thousand_records(self, cifar_folder):
        path = cifar_folder / "data_batch_1.bin"
        with pytest.raises(DataFileError) as caught:
            datasets.cifar10(cifar_folder)
        assert (caught.value.path, caught.value.offset) == (str(path), 3 * 3073)
        assert "30,730,000 bytes were to come" in str(caught.value)

    @pytest.mark.parametrize(("cut", "offset"), [(1, 3 * 3073 - 1), (3073, 2 * 3073), (3 * 3073, 0)])
    def test_truncated(self, cifar_folder, cut, offset):
        path = cifar_folder / "data_batch_3.bin"
        path.write_bytes(path.read_bytes()[:-cut])
        with pytest.raises(DataFileError, match="the file ends") as caught:
            datasets.cifar10(cifar_folder, records=3)
        assert (caught.value.path, caught.value.offset) == (str(path), offset)

    def test_too_long(self, cifar_folder):
        path = cifar_folder / "test_batch.bin"
        path.write_bytes(path.read_bytes() + b"\0")
        with pytest.raises(DataFileError, match="there is more than") as caught:
            datasets.cifar10(cifar_folder, records=3)
        assert (caught.value.path, caught.value.offset) == (str(path), 3 * 3073)

    def test_a_label_past_nine(self, cifar_folder):
        path = cifar_folder / "data_batch_2.bin"
        content = bytearray(path.read_bytes())
        content[3073] = 10
        path.write_bytes(content)
        with pytest.raises(DataFileError, match="label 10") as caught:
            datasets.cifar10(cifar_folder, records=3)
        assert (caught.value.path, caught.value.offset) == (str(path), 3073)

    @pytest.mark.parametrize("name", ["data_batch_1", "cifar-10-batches-py/data_batch_1"])
    def test_the_pickled_version_is_refused_and_not_opened(self, tmp_path, name):
        class Trap:
            def __reduce__(self):
                return (os.mkdir, (str(tmp_path / "sprung"),))

        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(pickle.dumps(Trap()))
        with pytest.raises(DataFileError, match=r"pickled version.*binary version, cifar-10-binary\.tar\.gz"):
            datasets.cifar10(tmp_path)
        assert not (tmp_path / "sprung").exists()

    def test_a_missing_file_is_named_before_any_is_read(self, cifar_folder):
        (cifar_folder / "test_batch.bin").unlink()
        (cifar_folder / "data_batch_1.bin").write_bytes(b"short")
        with pytest.raises(DataFileError, match=r"holds no test_batch\.bin"):
            datasets.cifar10(cifar_folder, records=3)

    def test_the_real_size(self):
        assert cifar.RECORDS * cifar.RECORD == 30_730_000


class TestTexts:
    def test_reads_the_layout_of_the_reviews(self, texts_folder):
        found = datasets.texts_in_folders(texts_folder)
        assert found.names == ("neg", "pos")
        assert [label for _, label in found.train] == [0, 0, 1, 1]
        assert [label for _, label in found.test] == [0, 1]
        assert found.train[2] == ("a pos film, train 0: schön", 1)

    def test_the_folder_above(self, texts_folder):
        below = texts_folder / "aclImdb"
        below.mkdir()
        for part in ("train", "test"):
            (texts_folder / part).rename(below / part)
        assert len(datasets.texts_in_folders(texts_folder).train) == 4

    @pytest.mark.parametrize(
        ("content", "offset", "says"),
        [
            (b"", 0, "no text in it"),
            (b" \n\t", 0, "no text in it"),
            (b"good \xff film", 5, "0xff is no UTF-8"),
            ("schön".encode("latin-1"), 3, "0xf6 is no UTF-8"),
            (b"\x89PNG\r\n\x1a\n\0\0", 8, "a byte 0"),
            (b"a" * (folders.LONGEST + 1), folders.LONGEST, "goes on after 1,000,000 bytes"),
        ],
    )
    def test_what_is_no_text_is_said_with_file_and_byte(self, texts_folder, content, offset, says):
        path = texts_folder / "test" / "pos" / "0_7.txt"
        path.write_bytes(content)
        with pytest.raises(DataFileError) as caught:
            datasets.texts_in_folders(texts_folder)
        assert (caught.value.path, caught.value.offset) == (str(path), offset)
        assert says in str(caught.value)

    def test_a_text_as_long_as_it_may_be(self, texts_folder):
        (texts_folder / "test" / "pos" / "0_7.txt").write_bytes(b"a" * folders.LONGEST)
        assert len(datasets.texts_in_folders(texts_folder).test[1][0]) == folders.LONGEST

    @pytest.mark.parametrize("foreign", ["0_7.pdf", "notes"])
    def test_a_foreign_file_among_the_texts(self, texts_folder, foreign):
        (texts_folder / "train" / "neg" / foreign).write_text("x")
        with pytest.raises(DataFileError, match=f"{foreign} is no file whose name ends with .txt"):
            datasets.texts_in_folders(texts_folder)

    def test_missing_parts(self, texts_folder):
        for path in (texts_folder / "test" / "pos").iterdir():
            path.unlink()
        with pytest.raises(DataFileError, match="pos is empty"):
            datasets.texts_in_folders(texts_folder)
        (texts_folder / "test" / "pos").rmdir()
        with pytest.raises(DataFileError, match="share 1 folders"):
            datasets.texts_in_folders(texts_folder)
        with pytest.raises(DataFileError, match="holds no folder train"):
            datasets.texts_in_folders(texts_folder / "train")


class TestBundled:
    def test_digits_are_enlarged_three_times_with_a_border_of_two(self):
        from sklearn.datasets import load_digits

        data = bundled.digits("28x28x1", 0)
        assert data.x.shape == (1438, 28, 28, 1)
        assert data.x_test.shape == (359, 28, 28, 1)
        assert (data.x.min(), data.x.max()) == (0, 1)
        everything = np.concatenate([data.x, data.x_test])[..., 0]
        assert not everything[:, :2].any()
        assert not everything[:, :, -2:].any()
        inner = everything[:, 2:-2, 2:-2].reshape(-1, 8, 3, 8, 3)
        assert (inner == inner[:, :, :1, :, :1]).all()
        pictures = load_digits().images.astype(np.float32) / 16
        assert sorted(map(bytes, inner[:, :, 0, :, 0].copy())) == sorted(map(bytes, pictures))

    def test_the_forms_hold_the_same_digits(self):
        pictures, vectors, rows = (bundled.digits(form, 3) for form in ("28x28x1", "784", "8x8"))
        assert np.array_equal(pictures.x.reshape(-1, 784), vectors.x)
        assert np.array_equal(pictures.x[:, 2:-2:3, 2:-2:3, 0], rows.x)
        assert np.array_equal(pictures.y, rows.y)

    def test_tinted_pictures_have_one_paper_and_one_ink(self):
        plain, data = bundled.digits("8x8", 1), bundled.digits("32x32x3", 1)
        assert data.x.shape == (1438, 32, 32, 3)
        assert data.x.min() >= 0
        assert data.x.max() <= 1
        assert len(np.unique(data.x[plain.x.repeat(4, 1).repeat(4, 2) == 0][:, 0])) == 1438  # a colour for each picture
        for k in range(20):  # on a line between two colours, as the ink says
            ink, seen = plain.x[k].reshape(-1), data.x[k, ::4, ::4].reshape(-1, 3)
            paper = seen[ink == 0][0]
            assert np.allclose(seen, paper + ink[:, None] * (seen[ink == 1][0] - paper), atol=1e-6)

    def test_each_seed_parts_the_samples_anew_and_again_the_same(self):
        first, again, other = (bundled.digits("8x8", seed) for seed in (0, 0, 1))
        assert np.array_equal(first.x, again.x)
        assert not np.array_equal(first.x_test, other.x_test)

    def test_the_median_parts_the_samples_for_training_in_halves(self):
        data = bundled.diabetes("above median", 0)
        assert data.x.shape == (354, 10)
        assert data.y.mean() == 0.5
        assert set(np.unique(data.y_test)) == {0, 1}
        assert np.allclose(data.x.mean(axis=0), 0, atol=1e-6)
        assert np.allclose(data.x.std(axis=0), 1, atol=1e-6)

    def test_one_column_is_the_body_mass_index(self):
        from sklearn.datasets import load_diabetes

        data, raw = bundled.diabetes("one column", 0), load_diabetes(scaled=False)
        column = raw.data[:, raw.feature_names.index("bmi")]
        seen = np.concatenate([data.x, data.x_test])[:, 0]
        assert abs(np.corrcoef(np.sort(seen), np.sort(column))[0, 1] - 1) < 1e-6
        assert abs(data.y.mean()) < 1e-6
        assert abs(data.y.std() - 1) < 1e-6

    def test_without_scikit_learn_a_mend_is_said(self, monkeypatch):
        import sys

        monkeypatch.setitem(sys.modules, "sklearn", None)
        with pytest.raises(MissingProgramError, match=r"scikit-learn.*not installed.*gradatlas\[programs\].*--data"):
            bundled.digits("8x8", 0)
