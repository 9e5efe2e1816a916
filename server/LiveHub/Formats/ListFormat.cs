using System.Diagnostics.CodeAnalysis;

namespace LiveHub.Formats;

/// <summary>A list, which rows hold as an array: of its own type where the property is one, of objects else.</summary>
internal sealed class ListFormat<T>(ValueFormat element) : ValueFormat(ValueForm.List)
{
    public override ValueForm Element => element.Form;

    public override bool MayThrow => element.MayThrow;

    public override void Write(ref ByteWriter writer, object value)
    {
        var items = value as object?[] ?? Objects((Array)value);
        var hasNulls = Array.Exists(items, i => element.IsNull(i));
        writer.WriteVarint(((ulong)items.Length << 1) | (hasNulls ? 1UL : 0));
        foreach (var item in items)
        {
            var isNull = hasNulls && element.IsNull(item);
            if (hasNulls)
            {
                writer.Write(isNull ? (byte)0 : (byte)1);
            }

            if (!isNull)
            {
                element.Write(ref writer, item!);
            }
        }
    }

    public override bool TryRead(ref ByteReader reader, [NotNullWhen(true)] out object? value)
    {
        var (count, hasNulls) = reader.ReadCount();
        var items = new T[count];
        var fits = true;
        for (var i = 0; i < count; i++)
        {
            if (hasNulls && reader.ReadByte() == 0)
            {
                fits &= default(T) is null;
            }
            else if (element.TryRead(ref reader, out var item))
            {
                items[i] = (T)item;
            }
            else
            {
                fits = false;
            }
        }

        value = fits ? items : null;
        return fits;
    }

    private static object?[] Objects(Array array)
    {
        var items = new object?[array.Length];
        for (var i = 0; i < items.Length; i++)
        {
            items[i] = array.GetValue(i);
        }

        return items;
    }
}
