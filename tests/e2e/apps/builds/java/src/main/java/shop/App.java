package shop;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import java.util.Map;
import org.apache.commons.text.WordUtils;

/** Needs a library of its own, and a class of its layer. */
public class App implements RequestHandler<Map<String, Object>, Map<String, String>> {
  @Override
  public Map<String, String> handleRequest(Map<String, Object> event, Context context) {
    try {
      Object layer = Class.forName("shop.Layered").getField("NAME").get(null);
      return Map.of("own", WordUtils.capitalize("seven"), "layer", layer.toString());
    } catch (ReflectiveOperationException error) {
      throw new IllegalStateException(error);
    }
  }
}
