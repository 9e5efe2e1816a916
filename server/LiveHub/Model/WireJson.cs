using System.Text.Encodings.Web;
using System.Text.Json;

namespace LiveHub.Model;

/// <summary>How LiveHub writes JSON, whatever the application's own options are.</summary>
internal static class WireJson
{
    /// <summary>The text goes to a WebSocket or an event stream, never into HTML: no need to escape more than JSON demands.</summary>
    public static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    public static readonly JsonWriterOptions WriterOptions = new() { Encoder = Encoder, SkipValidation = true };
}
