using System.Text.Json;

namespace LiveHub.Model;

/// <summary>Writes a column's values as JSON and reads what a client sent for them.</summary>
internal abstract class ValueCodec
{
    /// <summary>What a client is told that it should have sent.</summary>
    public abstract string Expected { get; }

    /// <summary>Whether the database compares values as rows do, so that a filter may.</summary>
    public virtual bool CanFilter => true;

    /// <summary>The model's value as a row holds it: immutable where it can be, and compared by content.</summary>
    public virtual object? ToRow(object value) => value;

    /// <summary>Writes a value that is not null.</summary>
    public abstract void Write(Utf8JsonWriter writer, object value);

    /// <summary>Reads a value that is not null; false where the column cannot hold it.</summary>
    public abstract bool TryRead(JsonElement json, out object? value);
}

internal delegate bool TryReadValue<T>(JsonElement json, out T value);

/// <summary>A codec for one CLR type.</summary>
internal sealed class ValueCodec<T>(string expected, Action<Utf8JsonWriter, T> write, TryReadValue<T> tryRead) : ValueCodec
    where T : notnull
{
    public override string Expected => expected;

    public override void Write(Utf8JsonWriter writer, object value) => write(writer, (T)value);

    public override bool TryRead(JsonElement json, out object? value)
    {
        var ok = tryRead(json, out var typed);
        value = ok ? typed : null;
        return ok;
    }
}
