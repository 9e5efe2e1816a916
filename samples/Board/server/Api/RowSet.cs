using BoardSample.Model;

namespace BoardSample.Api;

/// <summary>One of the API's sets: an entity by its name in the URL, and what can be done with its rows.</summary>
/// <remarks>Rows are dictionaries from column to value, and all changes go through tracked entities: SaveChanges is where LiveHub learns of them.</remarks>
internal abstract class RowSet(string name)
{
    public string Name => name;

    public abstract IReadOnlyList<Column> Columns { get; }

    public Column Key => Columns.First(c => c.IsKey);

    /// <summary>A column by its name in JSON; one that is not there is a 400.</summary>
    public virtual Column Field(string field) =>
        Columns.FirstOrDefault(c => c.Name == field) ?? throw ApiException.BadField(field, $"is not a field of {name}");

    /// <summary>An id from a path; one that no row can have is a 404.</summary>
    public object ParseId(string id)
    {
        try
        {
            return Key.Parse(id)!;
        }
        catch (ApiException)
        {
            throw Absent(id);
        }
    }

    public ApiException Absent(object id) => ApiException.NotFound($"'{id}' in {name}");

    public abstract Task<List<Row>> ListAsync(BoardDb db, IQueryCollection query, CancellationToken cancellationToken);

    public abstract Task<Row> GetAsync(BoardDb db, object id, CancellationToken cancellationToken);

    public abstract Task<Row> InsertAsync(BoardDb db, Fields fields, CancellationToken cancellationToken);

    public abstract Task<Row> UpdateAsync(BoardDb db, object id, Fields fields, CancellationToken cancellationToken);

    /// <summary>Changes all rows that match in the database, without loading them; returns how many.</summary>
    public abstract Task<int> UpdateAllAsync(BoardDb db, Fields where, Fields set, CancellationToken cancellationToken);

    public abstract Task DeleteAsync(BoardDb db, object id, CancellationToken cancellationToken);
}
