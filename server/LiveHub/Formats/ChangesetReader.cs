using System.Collections.Immutable;
using System.Runtime.InteropServices;
using LiveHub.Changes;
using LiveHub.Model;

namespace LiveHub.Formats;

/// <summary>Reads one changeset (<see cref="ChangesetWriter"/>), as this process's model has it.</summary>
internal sealed class ChangesetReader(RowFormats formats)
{
    private const long MaxVersion = (1L << 53) - 1;

    private readonly List<RowFormat> _named = [];
    private readonly ImmutableArray<Change>.Builder _changes = ImmutableArray.CreateBuilder<Change>();

    /// <summary>Rows that the model could not take, by key; null: not even all of the keys.</summary>
    private readonly Dictionary<Entity, HashSet<KeyValues>?> _untold = [];

    public Changeset Read(ReadOnlySpan<byte> bytes)
    {
        var reader = new ByteReader(bytes);
        if (reader.ReadByte() is var version && version != ChangesetWriter.Version)
        {
            throw new ChangesetFormatException($"The changeset is in format {version}, and this version of LiveHub knows format {ChangesetWriter.Version}. Let all nodes run versions that share one.");
        }

        var flags = reader.ReadByte();
        if ((flags & ~(ChangesetWriter.HasTransaction | ChangesetWriter.HasTrace)) != 0)
        {
            throw new ChangesetFormatException("The changeset's bytes begin with flags that there are not.");
        }

        var id = new ChangesetId(reader.ReadGuid());
        TransactionId? transaction = (flags & ChangesetWriter.HasTransaction) == 0 ? null : new(reader.ReadVarint());
        var trace = (flags & ChangesetWriter.HasTrace) == 0 ? null : reader.ReadText();
        ReadChanges(ref reader);
        var invalidations = ImmutableArray.CreateBuilder<Invalidation>();
        for (var left = reader.ReadLength(); left > 0; left--)
        {
            if (ReadInvalidation(ref reader) is { } invalidation)
            {
                invalidations.Add(invalidation);
            }
        }

        if (!reader.IsAtEnd)
        {
            throw new ChangesetFormatException("The changeset's bytes go on after its end.");
        }

        invalidations.AddRange(_untold.Select(u => u.Value is { } keys ? Invalidation.Of(u.Key, keys) : Invalidation.Of(u.Key)));
        return Changeset.Of(id, transaction, _changes.DrainToImmutable(), invalidations.DrainToImmutable(), trace);
    }

    private void ReadChanges(ref ByteReader reader)
    {
        long version = 0;
        while (ReadName(ref reader) is { } format)
        {
            for (var left = reader.ReadLength(); left > 0; left--)
            {
                var operation = reader.ReadByte();
                version = unchecked(version + reader.ReadSigned());
                if (version is < 1 or > MaxVersion)
                {
                    throw new ChangesetFormatException($"The changeset has a version of {version}, which is none.");
                }

                ReadChange(ref reader, format, operation, version);
            }
        }
    }

    private RowFormat? ReadName(ref ByteReader reader)
    {
        var place = reader.ReadVarint();
        if (place == ChangesetWriter.End)
        {
            return null;
        }

        if (place == ChangesetWriter.New)
        {
            _named.Add(formats.Find(reader.Take(reader.ReadLength())));
            return _named[^1];
        }

        return place - ChangesetWriter.Former < (ulong)_named.Count
            ? _named[(int)place - ChangesetWriter.Former]
            : throw new ChangesetFormatException("The changeset goes back to columns that it has not named.");
    }

    private void ReadChange(ref ByteReader reader, RowFormat format, byte operation, long version)
    {
        if (operation == ChangesetWriter.Unwritten)
        {
            Leave(format.Known?.Entity, null, RowFit.None);
            return;
        }

        if (operation > (byte)Operation.Delete)
        {
            throw new ChangesetFormatException($"The changeset has an operation {operation}, which is none.");
        }

        var length = format.Known?.Entity.Columns.Length ?? 0;
        var fit = format.Fit;
        object?[]? before = null;
        object?[]? after = null;
        if ((Operation)operation is not Operation.Insert)
        {
            before = new object?[length];
            fit = Less(fit, format.Read(ref reader, before, isChanged: false));
        }

        if ((Operation)operation is not Operation.Delete)
        {
            after = before is null ? new object?[length] : before.AsSpan().ToArray();
            fit = Less(fit, format.Read(ref reader, after, isChanged: before is not null));
        }

        if (format.Known?.Entity is not { } entity)
        {
            return;
        }

        var old = before is null ? null : new Row(before);
        var row = after is null ? null : new Row(after);
        if (fit is not RowFit.None && old is not null && row is not null && !old.Select(entity.KeyOrdinals).Equals(row.Select(entity.KeyOrdinals)))
        {
            throw new ChangesetFormatException($"The changeset has an update of {entity} that changes the key.");
        }

        if (fit is not RowFit.Whole)
        {
            Leave(entity, row ?? old, fit);
        }
        else if (Change.Between(entity, version, old, row) is { } change)
        {
            _changes.Add(change);
        }
    }

    private void Leave(Entity? entity, Row? row, RowFit fit)
    {
        if (entity is null)
        {
            return;
        }

        ref var keys = ref CollectionsMarshal.GetValueRefOrAddDefault(_untold, entity, out var isKnown);
        if (fit is RowFit.None)
        {
            keys = null;
        }
        else if (!isKnown || keys is not null)
        {
            (keys ??= []).Add(row!.Select(entity.KeyOrdinals).Detach());
        }
    }

    private Invalidation? ReadInvalidation(ref ByteReader reader)
    {
        var entity = formats.Find(reader.ReadText());
        var terms = ImmutableArray.CreateBuilder<Term>();
        for (var left = reader.ReadLength(); left > 0; left--)
        {
            var format = formats.Find(reader.Take(reader.ReadLength()));
            if (format.Known?.Entity != entity || format.Length == 0)
            {
                throw new ChangesetFormatException("The changeset has an invalidation of one entity by columns of another.");
            }

            var fits = format.IsKnown;
            var values = new List<KeyValues>();
            for (var more = reader.ReadLength(); more > 0; more--)
            {
                fits &= format.TryReadValues(ref reader, out var value);
                values.Add(value);
            }

            if (fits)
            {
                terms.Add(new([.. format.Columns], values));
            }
        }

        // Without a term that the model does not know it is more rows than need be, and never fewer.
        return entity is null ? null : new(entity, terms.DrainToImmutable());
    }

    private static RowFit Less(RowFit a, RowFit b) => a > b ? a : b;
}
