using System.Collections.Immutable;
using System.Linq.Expressions;

namespace LiveHub.Model;

/// <summary>A predicate of the model, evaluated on rows instead of on instances.</summary>
internal sealed class RowFilter
{
    public static readonly RowFilter None = new(null);

    private readonly Func<Row, bool>? _predicate;

    private RowFilter(Func<Row, bool>? predicate) => _predicate = predicate;

    public bool Shows(Row row) => _predicate is null || _predicate(row);

    /// <exception cref="RowFilterException">The predicate holds something that cannot be said of a row alone.</exception>
    public static RowFilter Compile(IEnumerable<LambdaExpression> predicates, ImmutableArray<Column> columns)
    {
        var row = Expression.Parameter(typeof(Row), "row");
        Expression? all = null;
        foreach (var predicate in predicates)
        {
            var body = new RowExpression(predicate.Parameters[0], row, columns).Visit(predicate.Body)!;
            all = all is null ? body : Expression.AndAlso(all, body);
        }

        return all is null ? None : new(Expression.Lambda<Func<Row, bool>>(all, row).Compile());
    }
}

/// <summary>A predicate holds something that cannot be said of a row alone; the message names it.</summary>
internal sealed class RowFilterException(string message) : Exception(message);
