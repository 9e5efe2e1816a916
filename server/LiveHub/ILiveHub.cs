using System.Linq.Expressions;

namespace LiveHub;

/// <summary>
/// Tells LiveHub what it cannot see for itself. A singleton from dependency injection, registered by <c>AddLiveHub</c>; safe to use from any thread.
/// </summary>
/// <remarks>
/// LiveHub follows what EF Core saves. Rows that change otherwise (raw SQL, cascades and triggers in the database, other programs) are
/// shown as they were until somebody says that they have changed. Say it after the commit: what is not committed cannot be read. Every
/// collection that may show such rows is then read again and merged by difference: rows that are equal stay as they are, listeners hear of the
/// others in one diff, and no collection stops being live. Each call is an entry of the log, in order with the changes that EF Core saves.
/// </remarks>
public interface ILiveHub
{
    /// <summary>Rows of an entity have changed, and nobody knows which: all that shows any of them is read again.</summary>
    /// <typeparam name="TEntity">The entity's CLR type, or one that it derives from or that derives from it; in every context that exposes it.</typeparam>
    /// <param name="cancellationToken">Ends the wait for saves that are just being published; nothing is read again then.</param>
    /// <returns>A task that completes when the log has it; clients follow a moment later.</returns>
    /// <exception cref="ArgumentException">The entity is not exposed.</exception>
    Task InvalidateAsync<TEntity>(CancellationToken cancellationToken = default)
        where TEntity : class;

    /// <summary>Rows of an entity for which a predicate holds have changed.</summary>
    /// <typeparam name="TEntity">The entity's CLR type, or one that it derives from or that derives from it; in every context that exposes it.</typeparam>
    /// <param name="where">
    /// Holds for every row concerned, before the change as well as after it: <c>c => c.ListId == listId</c>. Where rows have moved from one list to another, that
    /// takes a call for each, or one without a predicate. Comparisons of a property with a value by <c>==</c>, joined by <c>&amp;&amp;</c>, narrow what is read again; any
    /// other condition is allowed and narrows nothing. It is not sent to the database.
    /// </param>
    /// <param name="cancellationToken">Ends the wait for saves that are just being published; nothing is read again then.</param>
    /// <returns>A task that completes when the log has it; clients follow a moment later.</returns>
    /// <exception cref="ArgumentException">The entity is not exposed.</exception>
    Task InvalidateAsync<TEntity>(Expression<Func<TEntity, bool>> where, CancellationToken cancellationToken = default)
        where TEntity : class;

    /// <summary>Rows with these keys have changed, were inserted or deleted.</summary>
    /// <typeparam name="TEntity">The entity's CLR type, or one that it derives from or that derives from it; in every context that exposes it.</typeparam>
    /// <param name="keys">
    /// The primary keys; a composite key as an <c>object[]</c> in the order of the key's properties in the model: <c>[new object[] { 1, "EUR" }]</c>. None: nothing is
    /// done. More than 1,000 count as the whole entity.
    /// </param>
    /// <param name="cancellationToken">Ends the wait for saves that are just being published; nothing is read again then.</param>
    /// <returns>A task that completes when the log has it; clients follow a moment later.</returns>
    /// <exception cref="ArgumentException">The entity is not exposed, or a key is not of the key's type.</exception>
    Task InvalidateAsync<TEntity>(IEnumerable<object> keys, CancellationToken cancellationToken = default)
        where TEntity : class;

    /// <summary>Rows of an entity have changed, and nobody knows which: for entities without a CLR type of their own, as the join entity of a skip navigation.</summary>
    /// <param name="entity">The name that clients use, as <c>Expose</c> gave it.</param>
    /// <param name="cancellationToken">Ends the wait for saves that are just being published; nothing is read again then.</param>
    /// <returns>A task that completes when the log has it; clients follow a moment later.</returns>
    /// <exception cref="ArgumentException">The entity is not exposed.</exception>
    Task InvalidateAsync(string entity, CancellationToken cancellationToken = default);
}
