using System.Diagnostics.CodeAnalysis;

namespace LiveHub.Formats;

/// <summary>Writes values of one type as bytes, and reads them.</summary>
internal abstract class ValueFormat(ValueForm form)
{
    public ValueForm Form => form;

    /// <summary>The form of a list's values.</summary>
    public virtual ValueForm Element => default;

    /// <summary>Whether code of the application or the provider takes part, which may throw.</summary>
    public virtual bool MayThrow => false;

    /// <summary>Whether nothing is written for a value.</summary>
    public virtual bool IsNull([NotNullWhen(false)] object? value) => value is null;

    public abstract void Write(ref ByteWriter writer, object value);

    /// <summary>False where what was written is no value of this type.</summary>
    public abstract bool TryRead(ref ByteReader reader, [NotNullWhen(true)] out object? value);
}

internal delegate void WriteBytes<T>(ref ByteWriter writer, T value);

internal delegate bool TryReadBytes<T>(ref ByteReader reader, out T value);

/// <summary>The format of one CLR type.</summary>
internal sealed class ValueFormat<T>(ValueForm form, WriteBytes<T> write, TryReadBytes<T> tryRead) : ValueFormat(form)
    where T : notnull
{
    public override void Write(ref ByteWriter writer, object value) => write(ref writer, (T)value);

    public override bool TryRead(ref ByteReader reader, [NotNullWhen(true)] out object? value)
    {
        var ok = tryRead(ref reader, out var typed);
        value = ok ? typed : null;
        return ok;
    }
}
