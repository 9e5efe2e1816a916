global using Fields = System.Collections.Generic.Dictionary<string, System.Text.Json.JsonElement>;
global using Row = System.Collections.Generic.Dictionary<string, object?>;
