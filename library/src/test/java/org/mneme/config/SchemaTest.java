package org.mneme.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class SchemaTest {
  private static final JsonNode SCHEMA =
      new JsonMapper().readTree(Schema.json(Baking.class, "Bread"));

  private static void assertPart(String json, String pointer) {
    assertEquals(new JsonMapper().readTree(json), SCHEMA.at(pointer), pointer);
  }

  @Test
  void theRootNamesTheDraftAndWhatHasToBeGiven() {
    assertPart("\"https://json-schema.org/draft/2020-12/schema\"", "/$schema");
    assertPart("\"Bread\"", "/title");
    assertPart("[\"name\"]", "/required");
    assertPart("false", "/additionalProperties");
  }

  @Test
  void keysHaveTypesSentencesAndDefaults() {
    assertPart(
        "{\"type\":\"integer\",\"title\":\"loaves\",\"description\":\"How many.\",\"default\":12}",
        "/properties/loaves");
    assertPart("[\"round\",\"long-and-thin\"]", "/properties/shape/enum");
    assertPart("\"round\"", "/properties/shape/default");
    assertPart(
        "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"null\"}],\"title\":\"for\","
            + "\"description\":\"Who eats it; absent: everyone.\"}",
        "/properties/for");
    assertPart(
        "{\"type\":\"object\",\"additionalProperties\":{\"type\":\"integer\"}}",
        "/properties/orders/anyOf/0");
    assertPart("250.0", "/properties/oven/properties/heat/default");
  }

  @Test
  void listsMayBeOneElementAndRecordsTheirShorthand() {
    String flour = "/properties/flours/anyOf/0/items/anyOf";
    assertPart("{\"type\":\"string\"}", flour + "/0");
    assertPart("[\"grain\"]", flour + "/1/required");
    assertPart("500", flour + "/1/properties/grams/default");
    assertEquals(
        SCHEMA.at("/properties/flours/anyOf/0/items"), SCHEMA.at("/properties/flours/anyOf/1"));
  }

  @Test
  void variantsAreToldApartByTheirType() {
    String rise = "/properties/oven/properties/rise/oneOf";
    assertPart("[\"slow\",\"at-once\"]", rise + "/0/enum");
    assertPart("{\"const\":\"slow\"}", rise + "/1/properties/type");
    assertEquals(true, SCHEMA.at(rise + "/1/required").isMissingNode(), "the usual one");
    assertPart("20", rise + "/1/properties/minutes/default");
    assertPart("[\"type\"]", rise + "/2/required");
    assertPart("false", rise + "/2/additionalProperties");
    String dough = "/properties/dough/oneOf";
    assertEquals(true, SCHEMA.at(dough + "/1/required").isMissingNode(), "the key's usual one");
    assertPart("1.0", dough + "/1/properties/share/default");
    assertPart("[\"type\"]", dough + "/2/required");
  }
}
