using BoardSample.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata;

namespace BoardSample.Api;

/// <summary>The six sets of the API.</summary>
internal sealed class RowSets(IModel model)
{
    /// <remarks>Cards that are soft-deleted are dependents like others, hence IgnoreQueryFilters.</remarks>
    public IReadOnlyList<RowSet> All { get; } =
    [
        new EntityRowSet<Board, int>("boards", model)
        {
            WithDependents = boards => boards.IgnoreQueryFilters().AsSplitQuery()
                .Include(b => b.Labels).ThenInclude(l => l.Cards)
                .Include(b => b.Lists).ThenInclude(l => l.Cards).ThenInclude(c => c.Comments)
                .Include(b => b.Lists).ThenInclude(l => l.Cards).ThenInclude(c => c.Labels),
        },
        new EntityRowSet<BoardList, int>("lists", model)
        {
            WithDependents = lists => lists.IgnoreQueryFilters().AsSplitQuery()
                .Include(l => l.Cards).ThenInclude(c => c.Comments)
                .Include(l => l.Cards).ThenInclude(c => c.Labels),
        },
        new EntityRowSet<Card, int>("cards", model) { SoftDelete = card => card.IsDeleted = true },
        new EntityRowSet<Comment, Guid>("comments", model),
        new EntityRowSet<Label, int>("labels", model) { WithDependents = labels => labels.IgnoreQueryFilters().Include(l => l.Cards) },
        new EntityRowSet<Member, int>("members", model) { WithDependents = members => members.IgnoreQueryFilters().Include(m => m.Cards) },
    ];

    public RowSet Find(string name) => All.FirstOrDefault(s => s.Name == name)
        ?? throw ApiException.BadRequest($"'{name}' is not a set; the sets are {string.Join(", ", All.Select(s => s.Name))}.");
}
