package org.mneme.app.web;

import java.nio.charset.StandardCharsets;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.json.JsonMapper;

/// What a request is answered with.
record Answer(int status, String type, byte[] body) {
  private static final JsonMapper MAPPER =
      JsonMapper.builder().disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY).build();

  /// A record, map or list as JSON.
  static Answer json(Object value) {
    return new Answer(200, "application/json; charset=utf-8", MAPPER.writeValueAsBytes(value));
  }

  /// A line of text.
  static Answer text(int status, String line) {
    byte[] body = (line + "\n").getBytes(StandardCharsets.UTF_8);
    return new Answer(status, "text/plain; charset=utf-8", body);
  }
}
