using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using LiveHub.Model;

namespace LiveHub.Shapes;

/// <summary>What can be subscribed to: the rows of an entity for which all terms hold, seen through a projection.</summary>
internal sealed class Shape
{
    public Shape(Entity entity, ImmutableArray<Term> terms, Projection projection)
    {
        Entity = entity;
        Terms = [.. terms.OrderBy(t => t.Ordinals[0])];
        Projection = projection;
        Fingerprint = ComputeFingerprint();
        FilterBytes = Terms.Sum(t => t.SizeBytes);
    }

    public Entity Entity { get; }

    public ImmutableArray<Term> Terms { get; }

    public Projection Projection { get; }

    /// <summary>Equal for shapes that show the same; clients present it, and read nothing into it.</summary>
    public string Fingerprint { get; }

    /// <summary>About what the terms take in memory, here and in the index.</summary>
    public long FilterBytes { get; }

    public bool Matches(Row row)
    {
        if (!Entity.Filter.Shows(row))
        {
            return false;
        }

        foreach (var term in Terms)
        {
            if (!term.Holds(row))
            {
                return false;
            }
        }

        return true;
    }

    public override string ToString()
        => Terms.IsEmpty ? Projection.ToString() : $"{Projection} where {string.Join(" and ", Terms.Select(t => string.Join(",", t.Columns)))}";

    private string ComputeFingerprint()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, WireJson.WriterOptions))
        {
            writer.WriteStartArray();
            writer.WriteStringValue(Projection.ToString());
            foreach (var term in Terms)
            {
                writer.WriteStartArray();
                writer.WriteStringValue(string.Join(',', term.Columns));
                foreach (var value in term.Values.Select(v => Encode(term, v)).Order(StringComparer.Ordinal))
                {
                    writer.WriteStringValue(value);
                }

                writer.WriteEndArray();
            }

            writer.WriteEndArray();
        }

        return Convert.ToHexStringLower(SHA256.HashData(stream.GetBuffer().AsSpan(0, (int)stream.Length)).AsSpan(0, 16));
    }

    private static string Encode(Term term, KeyValues values)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, WireJson.WriterOptions))
        {
            writer.WriteStartArray();
            for (var i = 0; i < values.Length; i++)
            {
                RowWriter.WriteValue(writer, term.Columns[i], values[i]);
            }

            writer.WriteEndArray();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }
}
