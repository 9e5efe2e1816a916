using System.Text;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.EntityFrameworkCore.Update;

namespace LiveHub.PostgreSql.Capture;

/// <summary>Rows of one source that are read together.</summary>
/// <param name="State">What the save does with them.</param>
internal sealed record Read(RowSource Source, EntityState State, List<ReadKey> Keys)
{
    private readonly HashSet<KeyValues>? _known = Source.IsWhole ? null : [];

    /// <summary>A row in several tables has a command for each; it is read once.</summary>
    public void Add(ReadKey key)
    {
        if (_known?.Add(key.Values) is not false)
        {
            Keys.Add(key);
        }
    }

    public void AppendSelect(StringBuilder sql, string? lockStrength) => Source.AppendSelect(sql, Keys.ConvertAll(k => k.Placeholders), lockStrength);
}

/// <summary>A row's key, as parameters of the command and as it was asked for.</summary>
internal readonly record struct ReadKey(string[] Placeholders, KeyValues Values)
{
    /// <param name="names">The key's columns in the command's table.</param>
    /// <returns>Null where the database makes the key.</returns>
    public static ReadKey? Of(IReadOnlyModificationCommand command, IReadOnlyList<string> names, ISqlGenerationHelper sql)
    {
        var placeholders = new string[names.Count];
        var values = new object?[names.Count];
        for (var i = 0; i < names.Count; i++)
        {
            switch (command.ColumnModifications.FirstOrDefault(m => m.ColumnName == names[i] && m.IsKey))
            {
                case { UseOriginalValueParameter: true } column:
                    placeholders[i] = sql.GenerateParameterName(column.OriginalParameterName!);
                    values[i] = column.OriginalValue;
                    break;
                case { UseCurrentValueParameter: true } column:
                    placeholders[i] = sql.GenerateParameterName(column.ParameterName!);
                    values[i] = column.Value;
                    break;
                default:
                    return null;
            }
        }

        return new(placeholders, new(values));
    }
}
