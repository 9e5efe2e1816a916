using System.Buffers;
using System.Collections.Immutable;
using LiveHub.Model;

namespace LiveHub.Formats;

/// <summary>
/// Some columns of an entity, by name, in the order in which their values follow. Made by who writes, and found again by who reads, whose model may know less of
/// them, or more.
/// </summary>
internal sealed class RowFormat
{
    private readonly ImmutableArray<NamedColumn> _columns;

    public RowFormat(EntityFormat entity, IReadOnlyList<ColumnFormat> columns)
    {
        Known = entity;
        _columns = [.. columns.Select(c => new NamedColumn(c.Values.Form, c.Values.Element, c))];
        Fit = FitOf(entity, _columns);
        Header = Write(entity.Entity.Name, columns);
        MayThrow = columns.Any(c => c.Values.MayThrow);
    }

    private RowFormat(EntityFormat? known, ImmutableArray<NamedColumn> columns, byte[] header)
    {
        Known = known;
        _columns = columns;
        Fit = known is null ? RowFit.None : FitOf(known, columns);
        Header = header;
    }

    /// <summary>The entity's name, then for each column its name and its values' form.</summary>
    public ReadOnlyMemory<byte> Header { get; }

    /// <summary>The entity as this model has it; null where it does not.</summary>
    public EntityFormat? Known { get; }

    /// <summary>Whether a row of these columns is one of this model's.</summary>
    public RowFit Fit { get; }

    /// <summary>Whether code of the application takes part in writing, which may throw.</summary>
    public bool MayThrow { get; }

    public int Length => _columns.Length;

    /// <summary>Whether this model has all of the columns, in this form.</summary>
    public bool IsKnown => Known is not null && _columns.All(c => c.Format is not null);

    public IEnumerable<Column> Columns => _columns.Select(c => c.Format!.Column);

    /// <param name="header">As another process may have written it.</param>
    /// <param name="find">The entity of that name; null where there is none.</param>
    public static RowFormat Parse(ReadOnlySpan<byte> header, Func<string, EntityFormat?> find)
    {
        var reader = new ByteReader(header);
        var entity = find(reader.ReadText());
        var names = new HashSet<string>(StringComparer.Ordinal);
        var columns = ImmutableArray.CreateBuilder<NamedColumn>();
        for (var left = reader.ReadLength(); left > 0; left--)
        {
            var name = reader.ReadText();
            var form = (ValueForm)reader.ReadByte();
            var element = Framing.Of(form) == Framing.List ? (ValueForm)reader.ReadByte() : default;
            if (!names.Add(name) || !Framing.IsKnown(form) || !Framing.IsKnown(element) || Framing.Of(element) == Framing.List)
            {
                throw new ChangesetFormatException($"The changeset's column '{name}' is there twice, or in a form without end.");
            }

            columns.Add(new(form, element, entity?.Find(name) is { } known && known.Values.Form == form && known.Values.Element == element ? known : null));
        }

        return reader.IsAtEnd ? new(entity, columns.ToImmutable(), header.ToArray()) : throw new ChangesetFormatException("The changeset names columns without end.");
    }

    /// <summary>Writes a row's values, or those of some columns alone.</summary>
    public void Write(ref ByteWriter writer, Row row, ColumnSet? changed)
    {
        Span<byte> nulls = stackalloc byte[Bits.SizeOf(Length)];
        nulls.Clear();
        if (changed is { } set)
        {
            Span<byte> written = stackalloc byte[Bits.SizeOf(Length)];
            written.Clear();
            for (var i = 0; i < Length; i++)
            {
                Bits.Set(written, i, set.Contains(_columns[i].Ordinal));
            }

            writer.Write(written);
        }

        var count = 0;
        foreach (var column in _columns)
        {
            if (changed is not { } only || only.Contains(column.Ordinal))
            {
                Bits.Set(nulls, count++, column.Format!.Values.IsNull(row[column.Ordinal]));
            }
        }

        writer.Write(nulls[..Bits.SizeOf(count)]);
        count = 0;
        foreach (var column in _columns)
        {
            if ((changed is not { } only || only.Contains(column.Ordinal)) && !Bits.Has(nulls, count++))
            {
                column.Format!.Values.Write(ref writer, row[column.Ordinal]!);
            }
        }
    }

    /// <summary>Writes values of all columns, in their order.</summary>
    public void Write(ref ByteWriter writer, KeyValues values)
    {
        for (var i = 0; i < Length; i++)
        {
            var format = _columns[i].Format!.Values;
            var isNull = format.IsNull(values[i]);
            writer.Write(isNull ? (byte)0 : (byte)1);
            if (!isNull)
            {
                format.Write(ref writer, values[i]!);
            }
        }
    }

    /// <summary>Reads a row's values into their places.</summary>
    /// <param name="values">By ordinal; those of the row before, where the others are those that changed.</param>
    public RowFit Read(ref ByteReader reader, object?[] values, bool isChanged)
    {
        var written = isChanged ? reader.Take(Bits.SizeOf(Length)) : default;
        var count = isChanged ? Bits.Count(written, Length) : Length;
        var nulls = reader.Take(Bits.SizeOf(count));
        Bits.Count(nulls, count);
        var fit = RowFit.Whole;
        count = 0;
        for (var i = 0; i < Length; i++)
        {
            if (isChanged && !Bits.Has(written, i))
            {
                continue;
            }

            var column = _columns[i];
            var isNull = Bits.Has(nulls, count++);
            if (column.Format is not { Column: { IsCaptured: true } target } format)
            {
                if (!isNull)
                {
                    Framing.Skip(ref reader, column.Form, column.Element);
                }
            }
            else if (!(isNull ? format.TryReadNull(out values[target.Ordinal]) : format.Values.TryRead(ref reader, out values[target.Ordinal])))
            {
                fit = target.IsKey ? RowFit.None : fit is RowFit.None ? fit : RowFit.Key;
            }
        }

        return fit;
    }

    /// <summary>Reads values of all columns; false where one of them is none of its column's.</summary>
    public bool TryReadValues(ref ByteReader reader, out KeyValues values)
    {
        var read = new object?[Length];
        var fits = true;
        for (var i = 0; i < read.Length; i++)
        {
            var (form, element, format) = _columns[i];
            if (reader.ReadByte() == 0)
            {
                // Also where the column takes none: a filter may ask for what no row has.
                _ = format?.TryReadNull(out read[i]);
            }
            else if (format is null)
            {
                Framing.Skip(ref reader, form, element);
            }
            else
            {
                fits &= format.Values.TryRead(ref reader, out read[i]);
            }
        }

        values = new(read);
        return fits;
    }

    private static RowFit FitOf(EntityFormat entity, ImmutableArray<NamedColumn> columns)
    {
        var found = columns.Select(c => c.Format).OfType<ColumnFormat>().ToHashSet();
        return entity.Captured.All(found.Contains) ? RowFit.Whole
            : entity.Entity.Key.All(k => entity.Find(k) is { } key && found.Contains(key)) ? RowFit.Key
            : RowFit.None;
    }

    private static ReadOnlyMemory<byte> Write(string entity, IReadOnlyList<ColumnFormat> columns)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new ByteWriter(buffer);
        writer.WriteText(entity);
        writer.WriteVarint((ulong)columns.Count);
        foreach (var column in columns)
        {
            writer.WriteText(column.Column.PropertyName);
            writer.Write((byte)column.Values.Form);
            if (Framing.Of(column.Values.Form) == Framing.List)
            {
                writer.Write((byte)column.Values.Element);
            }
        }

        writer.Flush();
        return buffer.WrittenMemory;
    }

    private readonly record struct NamedColumn(ValueForm Form, ValueForm Element, ColumnFormat? Format)
    {
        public int Ordinal => Format!.Column.Ordinal;
    }
}

/// <summary>How much of a row this process's model can take.</summary>
internal enum RowFit
{
    /// <summary>All that its rows hold.</summary>
    Whole,

    /// <summary>The key alone.</summary>
    Key,

    /// <summary>Not even the key.</summary>
    None,
}
