using System.Linq.Expressions;
using LiveHub.Model;

namespace LiveHub;

/// <summary>Narrows what of an entity is shown.</summary>
/// <typeparam name="TEntity">The entity's CLR type.</typeparam>
public sealed class EntityBuilder<TEntity>
    where TEntity : class
{
    private readonly EntityOptions _options;

    internal EntityBuilder(EntityOptions options) => _options = options;

    /// <summary>Keeps a property from every client: it is in no message, cannot be filtered by, and its change alone sends nothing.</summary>
    /// <param name="property">The property, or the owned or complex type: <c>x => x.Email</c>. Not part of the key.</param>
    /// <returns>The builder.</returns>
    /// <exception cref="ArgumentException">It is not a property of the entity.</exception>
    public EntityBuilder<TEntity> Hide<TProperty>(Expression<Func<TEntity, TProperty>> property)
    {
        ArgumentNullException.ThrowIfNull(property);
        var body = property.Body is UnaryExpression { NodeType: ExpressionType.Convert } cast ? cast.Operand : property.Body;
        if (body is not MemberExpression member || member.Expression != property.Parameters[0])
        {
            throw new ArgumentException($"'{property}' does not name a property of {typeof(TEntity).Name}. Write x => x.Property.", nameof(property));
        }

        _options.Hidden.Add(member.Member.Name);
        return this;
    }

    /// <summary>Shows these properties only, and the key's. The one way to show shadow properties.</summary>
    /// <param name="properties">Names of properties and of owned and complex types, as in the model.</param>
    /// <returns>The builder.</returns>
    public EntityBuilder<TEntity> Columns(params string[] properties)
    {
        ArgumentNullException.ThrowIfNull(properties);
        _options.Columns = [.. _options.Columns ?? [], .. properties];
        return this;
    }
}
