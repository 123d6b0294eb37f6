"""Sentence vectors of the lines of a file with sentence-transformers: the peer of `mneme embed`.

    embed.py --model DIR --precision float32|bfloat16 --batch-size N --threads N FILE > VECTORS

Writes a JSON object {"text": ..., "embedding": [...]} a line, as `mneme embed` does, by orjson, which
writes numbers far faster than Python's own json; `--output json` takes that. The last line on stderr
is a JSON object: seconds until the libraries were loaded, until the model was, of encoding, of output.
"""

import argparse
import json
import sys
import time

START = time.perf_counter()


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", required=True)
    parser.add_argument("--precision", choices=["float32", "bfloat16"], default="float32")
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--output", choices=["orjson", "json"], default="orjson")
    parser.add_argument("file")
    return parser.parse_args()


def load(folder, dtype):
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(folder, device="cpu", model_kwargs={"dtype": dtype})


def write(texts, vectors, how):
    out = sys.stdout.buffer
    if how == "orjson":
        import orjson

        numbers = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_APPEND_NEWLINE
        for text, vector in zip(texts, vectors):
            out.write(orjson.dumps({"text": text, "embedding": vector}, option=numbers))
    else:
        for text, vector in zip(texts, vectors):
            line = json.dumps({"text": text, "embedding": vector.tolist()}, ensure_ascii=False)
            out.write(line.encode() + b"\n")
    out.flush()


def main():
    options = arguments()
    import torch
    import sentence_transformers

    torch.set_num_threads(options.threads)
    times = {"start": time.perf_counter() - START}
    model = load(options.model, getattr(torch, options.precision))
    times["load"] = time.perf_counter() - START - times["start"]
    with open(options.file, encoding="utf-8") as file:
        texts = file.read().splitlines()
    begin = time.perf_counter()
    # float32 at the end: numpy has no bfloat16
    with torch.inference_mode():
        vectors = model.encode(
            texts, batch_size=options.batch_size, convert_to_tensor=True, show_progress_bar=False
        )
    vectors = vectors.float().numpy()
    times["encode"] = time.perf_counter() - begin
    begin = time.perf_counter()
    write(texts, vectors, options.output)
    times["output"] = time.perf_counter() - begin
    versions = {
        "python": sys.version.split()[0],
        "torch": torch.__version__,
        "sentence-transformers": sentence_transformers.__version__,
        "transformers": __import__("transformers").__version__,
        "orjson": __import__("orjson").__version__,
    }
    print(json.dumps({"seconds": times, "versions": versions}), file=sys.stderr)


if __name__ == "__main__":
    main()
