"""classic.py SDISTS FOLDER: unpacks the classic ari package and swaggerpy, changed just enough to run on Python 3."""

import os
import sys
import tarfile

CHANGES = {
    "ari/__init__.py": [
        ("import client\n", "from ari import client\n"),
        ("import urlparse\n", "import urllib.parse as urlparse\n"),
    ],
    "ari/client.py": [
        ("import urlparse\n", "import urllib.parse as urlparse\n"),
        ("obj = obj.values()[0]", "obj = list(obj.values())[0]"),
    ],
    "ari/model.py": [],
    "swaggerpy/__init__.py": [
        ("from swagger_model import", "from swaggerpy.swagger_model import"),
        ("from processors import", "from swaggerpy.processors import"),
    ],
    "swaggerpy/client.py": [
        ("import urllib\n", "import urllib.parse\n"),
        ("urllib.urlencode", "urllib.parse.urlencode"),
    ],
    "swaggerpy/http_client.py": [("import urlparse\n", "import urllib.parse as urlparse\n")],
    "swaggerpy/processors.py": [],
    "swaggerpy/swagger_model.py": [
        ("import urllib\nimport urlparse\n", "import urllib\nimport urllib.parse as urlparse\n")
    ],
}


def main():
    sdists, folder = sys.argv[1:]
    for archive in os.listdir(sdists):
        with tarfile.open(os.path.join(sdists, archive)) as tar:
            for member in tar:
                name = member.name.partition("/")[2]
                if name in CHANGES:
                    write(os.path.join(folder, name), changed(name, tar.extractfile(member).read().decode()))


def changed(name, text):
    for old, new in CHANGES[name]:
        if old not in text:
            sys.exit(f"{name} is not the file that is known here: {old!r} is not in it")
        text = text.replace(old, new)
    return text


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


main()
