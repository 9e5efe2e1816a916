using System.Globalization;
using BoardSample.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace BoardSample.Api;

/// <inheritdoc/>
internal sealed class EntityRowSet<TEntity, TKey>(string name, IModel model) : RowSet(name)
    where TEntity : class
    where TKey : IEquatable<TKey>, IComparable<TKey>
{
    private readonly Column<TEntity>[] _columns = [.. typeof(TEntity).GetProperties()
        .Select(p => model.FindEntityType(typeof(TEntity))!.FindProperty(p))
        .OfType<IProperty>()
        .Select(Column<TEntity>.Of)];

    /// <summary>The rows together with those that must be deleted or changed with them.</summary>
    public Func<IQueryable<TEntity>, IQueryable<TEntity>> WithDependents { get; init; } = rows => rows;

    /// <summary>What a delete does to the tracked row, when not to remove it.</summary>
    public Action<TEntity>? SoftDelete { get; init; }

    public override IReadOnlyList<Column<TEntity>> Columns => _columns;

    public override Column<TEntity> Field(string field) => (Column<TEntity>)base.Field(field);

    public override async Task<List<Row>> ListAsync(BoardDb db, IQueryCollection query, CancellationToken cancellationToken)
    {
        var rows = db.Set<TEntity>().AsNoTracking().OrderBy(row => EF.Property<TKey>(row, "Id")).AsQueryable();
        int? limit = null;
        foreach (var (field, texts) in query)
        {
            var text = texts is [{ } only] ? only : throw ApiException.BadField(field, "must be given once");
            switch (field)
            {
                case "limit":
                    limit = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : throw ApiException.BadField(field, "must be a whole number, 0 or more");
                    break;
                case "after":
                    rows = After(rows, text);
                    break;
                default:
                    rows = Field(field).Where(rows, Field(field).Parse(text));
                    break;
            }
        }

        var found = await (limit is { } take ? rows.Take(take) : rows).ToListAsync(cancellationToken);
        return found.ConvertAll(Show);
    }

    public override async Task<Row> GetAsync(BoardDb db, object id, CancellationToken cancellationToken) =>
        Show(await FindAsync(db.Set<TEntity>().AsNoTracking(), id, cancellationToken));

    public override async Task<Row> InsertAsync(BoardDb db, Fields fields, CancellationToken cancellationToken)
    {
        if (_columns.FirstOrDefault(c => c.IsRequired && !fields.ContainsKey(c.Name)) is { } missing)
        {
            throw ApiException.BadField(missing.Name, "is required");
        }

        var row = Activator.CreateInstance<TEntity>();
        Assign(db, row, fields, column => !column.IsGenerated);
        db.Add(row);
        await db.SaveChangesAsync(cancellationToken);
        return Show(row);
    }

    /// <inheritdoc/>
    /// <remarks>Finds soft-deleted rows too: this is how they are restored.</remarks>
    public override async Task<Row> UpdateAsync(BoardDb db, object id, Fields fields, CancellationToken cancellationToken)
    {
        var row = await FindAsync(db.Set<TEntity>().IgnoreQueryFilters(), id, cancellationToken);
        Assign(db, row, fields, column => !column.IsKey);
        await db.SaveChangesAsync(cancellationToken);
        return Show(row);
    }

    public override Task<int> UpdateAllAsync(BoardDb db, Fields where, Fields set, CancellationToken cancellationToken)
    {
        var rows = where.Aggregate(db.Set<TEntity>().AsQueryable(), (rows, w) => Field(w.Key).Where(rows, Field(w.Key).Read(w.Value)));
        return rows.ExecuteUpdateAsync(
            setters =>
            {
                foreach (var (field, json) in set)
                {
                    var column = Settable(field, c => !c.IsKey);
                    column.Set(setters, column.Read(json));
                }
            },
            cancellationToken);
    }

    public override async Task DeleteAsync(BoardDb db, object id, CancellationToken cancellationToken)
    {
        var row = await FindAsync(WithDependents(db.Set<TEntity>()), id, cancellationToken);
        if (SoftDelete is null)
        {
            db.Remove(row);
        }
        else
        {
            SoftDelete(row);
        }

        await db.SaveChangesAsync(cancellationToken);
    }

    private void Assign(BoardDb db, TEntity row, Fields fields, Func<Column, bool> maySet)
    {
        var values = db.Entry(row).CurrentValues;
        foreach (var (field, json) in fields)
        {
            values[Field(field).Property] = Settable(field, maySet).Read(json);
        }
    }

    private Column<TEntity> Settable(string field, Func<Column, bool> maySet) =>
        Field(field) is var column && maySet(column) ? column : throw ApiException.BadField(field, "cannot be set");

    private async Task<TEntity> FindAsync(IQueryable<TEntity> rows, object id, CancellationToken cancellationToken)
    {
        var key = (TKey)id;
        return await rows.SingleOrDefaultAsync(row => EF.Property<TKey>(row, "Id").Equals(key), cancellationToken) ?? throw Absent(id);
    }

    private IQueryable<TEntity> After(IQueryable<TEntity> rows, string text)
    {
        var id = Key.Parse(text) is TKey key ? key : throw ApiException.BadField("after", "must be an id");
        return rows.Where(row => EF.Property<TKey>(row, "Id").CompareTo(id) > 0);
    }

    private Row Show(TEntity row) => _columns.ToDictionary(c => c.Name, c => c.Get(row), StringComparer.Ordinal);
}
