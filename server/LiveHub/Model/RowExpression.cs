using System.Collections.Immutable;
using System.Linq.Expressions;
using System.Reflection;
using Microsoft.EntityFrameworkCore;

namespace LiveHub.Model;

/// <summary>
/// Rewrites an expression over an entity instance into the same expression over a <see cref="Row"/>. It lets through
/// only what C# and SQL agree on; everything else is refused by name, because a filter that is evaluated differently here
/// and there would show rows to those who may not see them.
/// </summary>
internal sealed class RowExpression(ParameterExpression instance, ParameterExpression row, ImmutableArray<Column> columns) : ExpressionVisitor
{
    private static readonly MethodInfo EfProperty = typeof(EF).GetMethod(nameof(EF.Property))!;
    private static readonly PropertyInfo Item = typeof(Row).GetProperty("Item")!;

    public override Expression? Visit(Expression? node) => node switch
    {
        null => null,
        _ when node == instance => throw Refuse("the entity itself, used as a value"),
        BinaryExpression or UnaryExpression or MemberExpression or MethodCallExpression or ConstantExpression or ConditionalExpression => base.Visit(node),
        _ => throw Refuse(node.ToString()),
    };

    protected override Expression VisitBinary(BinaryExpression node)
        => node.NodeType is ExpressionType.AndAlso or ExpressionType.OrElse or ExpressionType.Equal or ExpressionType.NotEqual
            or ExpressionType.LessThan or ExpressionType.LessThanOrEqual or ExpressionType.GreaterThan or ExpressionType.GreaterThanOrEqual
            && (node.Method is null || IsComparisonOfValue(node))
            ? base.VisitBinary(node)
            : throw Refuse(node.ToString());

    protected override Expression VisitUnary(UnaryExpression node)
        => node.NodeType is ExpressionType.Not or ExpressionType.Convert ? base.VisitUnary(node) : throw Refuse(node.ToString());

    protected override Expression VisitMember(MemberExpression node)
    {
        if (Strip(node.Expression) == instance)
        {
            return Value(node.Member.Name, node.Type);
        }

        var isNullable = node.Member.DeclaringType is { } type && Nullable.GetUnderlyingType(type) is not null;
        if (isNullable && node.Member.Name is "HasValue" or "Value")
        {
            return base.VisitMember(node);
        }

        if (DependsOnContext(node))
        {
            throw Refuse($"{node}, which belongs to one context");
        }

        // A captured variable or a static field: evaluated each time, as EF does for its parameters.
        return node.Expression is null or ConstantExpression or MemberExpression ? node : throw Refuse(node.ToString());
    }

    protected override Expression VisitMethodCall(MethodCallExpression node)
        => node.Method.IsGenericMethod && node.Method.GetGenericMethodDefinition() == EfProperty
           && Strip(node.Arguments[0]) == instance && node.Arguments[1] is ConstantExpression { Value: string name }
            ? Value(name, node.Type)
            : throw Refuse(node.ToString());

    protected override Expression VisitConstant(ConstantExpression node)
        => node.Value is DbContext ? throw Refuse($"{node}, which belongs to one context") : node;

    private UnaryExpression Value(string property, Type type)
    {
        var column = columns.FirstOrDefault(c => c.Property.Name == property)
            ?? throw Refuse($"'{property}', which is not a column of this entity");
        return Expression.Convert(Expression.MakeIndex(row, Item, [Expression.Constant(column.Ordinal)]), type);
    }

    private static Expression? Strip(Expression? node)
        => node is UnaryExpression { NodeType: ExpressionType.Convert or ExpressionType.TypeAs } cast ? Strip(cast.Operand) : node;

    private static bool DependsOnContext(Expression? node) => node switch
    {
        ConstantExpression constant => constant.Value is DbContext,
        MemberExpression member => DependsOnContext(member.Expression),
        UnaryExpression unary => DependsOnContext(unary.Operand),
        _ => false,
    };

    /// <summary>Operators that a type defines itself: only those of types whose order and equality the database shares.</summary>
    private static bool IsComparisonOfValue(BinaryExpression node)
    {
        var type = Nullable.GetUnderlyingType(node.Left.Type) ?? node.Left.Type;
        var equality = node.NodeType is ExpressionType.Equal or ExpressionType.NotEqual;
        return type == typeof(decimal) || type == typeof(DateTime) || type == typeof(DateTimeOffset) || type == typeof(DateOnly)
            || type == typeof(TimeOnly) || type == typeof(TimeSpan) || (equality && (type == typeof(string) || type == typeof(Guid)));
    }

    private static RowFilterException Refuse(string what) => new(
        $"{what} cannot be evaluated on a row alone. Query filters of exposed entities may compare columns with values " +
        "(==, !=, <, <=, >, >=), test for null, and combine that with &&, || and !.");
}
