using System.Collections.Immutable;
using System.Linq.Expressions;
using System.Reflection;
using Microsoft.EntityFrameworkCore;

namespace LiveHub.Model;

/// <summary>
/// What a predicate says with certainty about columns: its comparisons of a column with a value by <c>==</c> that are joined by
/// <c>&amp;&amp;</c>. Whatever else it says is left out, and the terms hold for more rows than the predicate.
/// </summary>
internal sealed class EqualityTerms
{
    private static readonly MethodInfo EfProperty = typeof(EF).GetMethod(nameof(EF.Property))!;

    private readonly Entity _entity;
    private readonly ParameterExpression _instance;
    private readonly ImmutableArray<Term>.Builder _terms = ImmutableArray.CreateBuilder<Term>();

    private EqualityTerms(Entity entity, ParameterExpression instance)
    {
        _entity = entity;
        _instance = instance;
    }

    public static ImmutableArray<Term> Of(Entity entity, LambdaExpression predicate)
    {
        var terms = new EqualityTerms(entity, predicate.Parameters[0]);
        terms.Add(predicate.Body);
        return terms._terms.ToImmutable();
    }

    private void Add(Expression condition)
    {
        switch (condition)
        {
            case BinaryExpression { NodeType: ExpressionType.AndAlso, Method: null } both:
                Add(both.Left);
                Add(both.Right);
                break;
            case BinaryExpression { NodeType: ExpressionType.Equal } equality when IsEqualityOfValues(equality):
                AddEquality(equality.Left, equality.Right);
                AddEquality(equality.Right, equality.Left);
                break;
            case UnaryExpression { NodeType: ExpressionType.Not } not when not.Type == typeof(bool):
                Add(FindColumn(not.Operand), value: false);
                break;
            default:
                Add(condition.Type == typeof(bool) ? FindColumn(condition) : null, value: true);
                break;
        }
    }

    private void AddEquality(Expression column, Expression value)
    {
        if (FindColumn(column) is { } found && !Instances.AreIn(value, _instance))
        {
            Add(found, Expression.Lambda<Func<object?>>(Expression.Convert(value, typeof(object))).Compile(preferInterpretation: true)());
        }
    }

    private void Add(Column? column, object? value)
    {
        if (column is not null && ColumnValue.TryConvert(column, value, out var converted))
        {
            _terms.Add(new([column], [new([converted])]));
        }
    }

    /// <summary>The column that an expression is, if it is one and nothing is lost on the way.</summary>
    private Column? FindColumn(Expression node) => node switch
    {
        MemberExpression { Member.Name: nameof(Nullable<>.Value) } value when Nullable.GetUnderlyingType(value.Member.DeclaringType!) is not null
            => FindColumn(value.Expression!),
        MemberExpression member when IsInstance(member.Expression) => FindColumn(member.Member.Name),
        UnaryExpression { NodeType: ExpressionType.Convert } cast when Conversions.Agree(cast.Operand.Type, cast.Type, isEquality: true)
            => FindColumn(cast.Operand),
        MethodCallExpression { Method: { IsGenericMethod: true } method, Arguments: [var of, ConstantExpression { Value: string name }] }
            when method.GetGenericMethodDefinition() == EfProperty && IsInstance(of) => FindColumn(name),
        _ => null,
    };

    private Column? FindColumn(string property) => _entity.Columns.FirstOrDefault(c => c.PropertyName == property && c.IsExact);

    private bool IsInstance(Expression? node)
        => node == _instance || (node is UnaryExpression { NodeType: ExpressionType.Convert or ExpressionType.TypeAs } cast && IsInstance(cast.Operand));

    /// <summary>Equality that a type defines itself, or that compares references, need not be that of rows.</summary>
    private static bool IsEqualityOfValues(BinaryExpression node)
        => node.Method is null
            ? node.Left.Type.IsValueType || node.Left.Type == typeof(byte[])
            : Conversions.IsValue(Nullable.GetUnderlyingType(node.Left.Type) ?? node.Left.Type);

    /// <summary>Looks for the entity's instance: an expression without it is a value.</summary>
    private sealed class Instances(ParameterExpression instance) : ExpressionVisitor
    {
        private bool _found;

        public static bool AreIn(Expression node, ParameterExpression instance)
        {
            var visitor = new Instances(instance);
            visitor.Visit(node);
            return visitor._found;
        }

        protected override Expression VisitParameter(ParameterExpression node)
        {
            _found |= node == instance;
            return node;
        }
    }
}
