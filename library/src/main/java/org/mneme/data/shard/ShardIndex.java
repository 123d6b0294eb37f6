package org.mneme.data.shard;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.mneme.data.shard.ShardIndex.Entry;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// The `index.json` of a folder of shards.
///
/// @param format always [#FORMAT]
/// @param version of the format
/// @param tokenizer the SHA-256 of the `tokenizer.json` that made the tokens
/// @param settings a hash of sources and settings: only what has the same goes on with a folder
/// @param complete whether all sources have been read to their end
/// @param records how many documents of the sources the shards account for
/// @param withoutTokens how many of these hold nothing that the tokenizer knows
/// @param badRecords how many records could not be used, by kind; known when complete
/// @param shards in the order of the sources
public record ShardIndex(
    String format,
    int version,
    String tokenizer,
    String settings,
    boolean complete,
    long records,
    long withoutTokens,
    Map<String, Long> badRecords,
    List<Entry> shards) {
  /// What `format` says.
  public static final String FORMAT = "mneme-tokens";

  static final String NAME = "index.json";
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
          .build();

  /// One shard.
  ///
  /// @param sha256 of the file
  public record Entry(String file, long documents, long tokens, String sha256) {}

  /// Copies what could change.
  public ShardIndex {
    badRecords = new LinkedHashMap<>(badRecords);
    shards = List.copyOf(shards);
  }

  static ShardIndex empty(String tokenizer, String settings) {
    return new ShardIndex(
        FORMAT, ShardFormat.VERSION, tokenizer, settings, false, 0, 0, Map.of(), List.of());
  }

  /// All documents.
  public long documents() {
    return shards.stream().mapToLong(Entry::documents).sum();
  }

  /// All tokens.
  public long tokens() {
    return shards.stream().mapToLong(Entry::tokens).sum();
  }

  ShardIndex with(Entry shard, long recordsNow, long withoutTokensNow) {
    List<Entry> more = new ArrayList<>(shards);
    more.add(shard);
    return new ShardIndex(
        format,
        version,
        tokenizer,
        settings,
        false,
        recordsNow,
        withoutTokensNow,
        badRecords,
        more);
  }

  ShardIndex completed(long recordsNow, long withoutTokensNow, Map<String, Long> bad) {
    return new ShardIndex(
        format, version, tokenizer, settings, true, recordsNow, withoutTokensNow, bad, shards);
  }

  static boolean isIn(Path folder) {
    return Files.isRegularFile(folder.resolve(NAME));
  }

  static ShardIndex read(Path folder) {
    Path file = folder.resolve(NAME);
    try {
      ShardIndex index = JSON.readValue(Files.readString(file), ShardIndex.class);
      if (!index.format.equals(FORMAT) || index.version != ShardFormat.VERSION) {
        throw ShardFormat.broken(
            file,
            "is '%s' of version %d, this Mneme reads '%s' of version %d; prepare it again"
                .formatted(index.format, index.version, FORMAT, ShardFormat.VERSION));
      }
      return index;
    } catch (IOException e) {
      throw ShardFormat.broken(
          file, "cannot be read; name a folder that `mneme prepare` wrote: " + e, e);
    } catch (JacksonException e) {
      throw ShardFormat.broken(
          file, "is no index of shards: " + e.getOriginalMessage() + "; prepare it again", e);
    }
  }

  void write(Path folder) throws IOException {
    WholeFile.write(folder.resolve(NAME), JSON.writeValueAsBytes(this));
  }
}
