using System.Text.Json;
using System.Text.Json.Serialization;

namespace BoardSample.Api;

/// <summary>How the API reads and writes JSON: camelCase, strict about types, times in UTC.</summary>
internal static class ApiJson
{
    /// <summary>Times go out in UTC to the microsecond, which is what PostgreSQL keeps; without an offset they come in as UTC.</summary>
    public static JsonConverter Times { get; } = new UtcConverter();

    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Strict)
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { Times },
    };

    /// <summary>Reads a request's body; every way to get that wrong is a 4xx.</summary>
    public static async Task<T> ReadAsync<T>(HttpRequest request, CancellationToken cancellationToken)
    {
        if (!request.HasJsonContentType())
        {
            throw new ApiException(StatusCodes.Status415UnsupportedMediaType, "The body must be JSON, with Content-Type: application/json.");
        }

        try
        {
            return await JsonSerializer.DeserializeAsync<T>(request.Body, Options, cancellationToken)
                ?? throw ApiException.BadRequest("The body must not be null.");
        }
        catch (JsonException e)
        {
            throw Malformed("The body", e);
        }
    }

    public static ApiException Malformed(string what, JsonException e) =>
        ApiException.BadRequest($"{what} is not the JSON that is expected here: at {e.Path ?? "$"}, line {(e.LineNumber ?? 0) + 1}, byte {(e.BytePositionInLine ?? 0) + 1}.");

    private sealed class UtcConverter : JsonConverter<DateTimeOffset>
    {
        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            var hasOffset = reader.GetDateTime().Kind != DateTimeKind.Unspecified;
            var value = reader.GetDateTimeOffset();
            var utc = hasOffset ? value.UtcDateTime : DateTime.SpecifyKind(value.DateTime, DateTimeKind.Utc);
            return new DateTimeOffset(utc.AddTicks(-(utc.Ticks % TimeSpan.TicksPerMicrosecond)));
        }

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", provider: null));
    }
}
