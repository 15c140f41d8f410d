using TorchSharp.Modules;
using static TorchSharp.torch;

namespace TorchSharp.SelfTest;

/// <summary>Modules, recurrent networks and optimizers.</summary>
internal static class ModuleChecks
{
    internal static IEnumerable<(string Name, Action Check)> All =>
    [
        ("fields are registered, saved, loaded and moved", Registration),
        ("packed sequences agree with padded ones", Packed),
        ("recurrent cells agree with their equations", Equations),
        ("optimizers go downhill and continue from their state", Optimizers),
        ("indices select, slice and assign", Indexing),
        ("gradient norms are clipped", Clipping),
    ];

    private sealed class Net : nn.Module<Tensor, Tensor>
    {
        private readonly Linear first = nn.Linear(3, 4);
        private readonly ModuleList<Linear> more = nn.ModuleList(nn.Linear(4, 4), nn.Linear(4, 2));
        private readonly Parameter scale = nn.Parameter(ones(2));
        private readonly Tensor offset = zeros(2);

        internal Net() : base(nameof(Net)) => RegisterComponents();

        public override Tensor forward(Tensor input) => more[1].call(more[0].call(first.call(input).tanh())) * scale + offset;
    }

    private static void Registration()
    {
        using var a = new Net();
        using var b = new Net();
        string[] names = a.named_parameters().Select(p => p.name).Order().ToArray();
        string[] expected = ["first.bias", "first.weight", "more.0.bias", "more.0.weight", "more.1.bias", "more.1.weight", "scale"];
        Checks.That(names.SequenceEqual(expected), "parameters: " + string.Join(", ", names));
        Checks.That(a.state_dict().ContainsKey("offset"), "the tensor is a buffer");
        using DisposeScope scope = NewDisposeScope();
        Tensor x = randn(5, 3);
        b.load_state_dict(a.state_dict());
        Checks.Near(a.call(x), b.call(x), 0, "after load_state_dict");
        using var stream = new MemoryStream();
        using (var writer = new BinaryWriter(stream, System.Text.Encoding.UTF8, true)) a.save(writer);
        using var c = new Net();
        stream.Position = 0;
        using (var reader = new BinaryReader(stream)) c.load(reader);
        Checks.Near(a.call(x), c.call(x), 0, "after save and load");
        a.to(float64);
        Checks.That(a.parameters().All(p => p.dtype == float64) && a.call(x.to(float64)).dtype == float64, "moved to double");
        Checks.Near(a.call(x.to(float64)).to(float32), b.call(x), 1e-5, "the same function in double");
        a.eval();
        Checks.That(!a.training && a.named_modules().All(m => !m.module.training), "eval reaches all");
    }

    private static void Packed()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = randn(3, 5, 2), lengths = tensor(new long[] { 3, 5, 2 });
        using LSTM lstm = nn.LSTM(2, 4, numLayers: 2, batchFirst: true);
        using nn.utils.rnn.PackedSequence packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first: true, enforce_sorted: false);
        (nn.utils.rnn.PackedSequence y, Tensor h, _) = lstm.call(packed);
        (Tensor padded, Tensor back) = nn.utils.rnn.pad_packed_sequence(y, batch_first: true);
        Checks.Near(back.to(float32), lengths.to(float32), 0, "lengths");
        for (int i = 0; i < 3; i++)
        {
            long n = lengths[i].item<long>();
            (Tensor alone, Tensor last, _) = lstm.call(x[i..(i + 1)].narrow(1, 0, n));
            Checks.Near(padded[i].narrow(0, 0, n), alone[0], 1e-6, $"sequence {i}");
            Checks.Near(h[.., i], last[.., 0], 1e-6, $"last state {i}");
        }
        using GRU gru = nn.GRU(2, 3, bidirectional: true, batchFirst: true);
        (nn.utils.rnn.PackedSequence g, _) = gru.call(packed);
        (Tensor both, _) = nn.utils.rnn.pad_packed_sequence(g, true);
        (Tensor single, _) = gru.call(x[1..2]);
        Checks.Near(both[1], single[0], 1e-6, "bidirectional GRU");
    }

    private static void Equations()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = randn(1, 1, 2);
        using RNN rnn = nn.RNN(2, 3);
        (Tensor y, _) = rnn.call(x);
        Tensor byHand = (x[0].matmul(rnn.get_weight_ih(0)!.t()) + rnn.get_bias_ih(0)! + rnn.get_bias_hh(0)!).tanh();
        Checks.Near(y[0], byHand, 1e-6, "RNN");
        using LSTM lstm = nn.LSTM(2, 3);
        Dictionary<string, Tensor> w = lstm.state_dict();
        Tensor[] gates = (x[0].matmul(w["weight_ih_l0"].t()) + w["bias_ih_l0"] + w["bias_hh_l0"]).chunk(4, 1);
        Tensor cell = gates[0].sigmoid() * gates[2].tanh();
        (Tensor hidden, _, Tensor c) = lstm.call(x);
        Checks.Near(c[0], cell, 1e-6, "LSTM cell");
        Checks.Near(hidden[0], gates[3].sigmoid() * cell.tanh(), 1e-6, "LSTM output");
        using LSTMCell single = nn.LSTMCell(2, 3);
        single.load_state_dict(w.ToDictionary(e => e.Key.Replace("_l0", ""), e => e.Value));
        Checks.Near(single.call(x[0]).Item2, cell, 1e-6, "LSTM cell alone");
        using GRU gru = nn.GRU(2, 3);
        using GRUCell gruCell = nn.GRUCell(2, 3);
        gruCell.load_state_dict(gru.state_dict().ToDictionary(e => e.Key.Replace("_l0", ""), e => e.Value));
        Checks.Near(gruCell.forward(x[0]), gru.call(x).Item1[0], 1e-6, "GRU cell");
        Checks.That(nn.functional.pad(x, (1, 2), value: 5).shape[2] == 5, "padding");
    }

    private static void Optimizers()
    {
        (string, Func<Parameter[], OptimizerHelper>)[] kinds =
        [
            ("SGD", p => optim.SGD(p, 0.1, momentum: 0.5)), ("Adam", p => optim.Adam(p, 0.1, amsgrad: true)),
            ("AdamW", p => optim.AdamW(p, 0.1, weight_decay: 1e-3)), ("RMSProp", p => optim.RMSProp(p, 0.05, momentum: 0.3, centered: true)),
        ];
        foreach ((string name, Func<Parameter[], OptimizerHelper> make) in kinds)
        {
            using DisposeScope scope = NewDisposeScope();
            var a = new Parameter(full([3], 2.0));
            using OptimizerHelper first = make([a]);
            Run(first, a, 20);
            var b = new Parameter(a.detach().clone());
            using OptimizerHelper second = make([b]);
            second.load_state_dict(first.state_dict());
            Run(first, a, 20);
            Run(second, b, 20);
            Checks.Near(a.detach(), b.detach(), 1e-7, name + " continued");
            Run(first, a, 200);
            Checks.That(a.detach().abs().max().item<float>() < 0.3f, $"{name} ends at {a.detach().abs().max().item<float>():g3}");
        }
    }

    private static void Run(OptimizerHelper optimizer, Parameter parameter, int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            using DisposeScope scope = NewDisposeScope();
            optimizer.zero_grad();
            parameter.square().sum().backward();
            optimizer.step();
        }
    }

    private static void Indexing()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = arange(24).reshape(2, 3, 4);
        Checks.That(x[1, 2, 3].item<long>() == 23 && x[-1, 0].shape.SequenceEqual(new long[] { 4 }), "numbers");
        Checks.That(x[TensorIndex.Ellipsis, 1].shape.SequenceEqual(new long[] { 2, 3 }), "ellipsis");
        Checks.That(x[TensorIndex.None, .., ^1].shape.SequenceEqual(new long[] { 1, 2, 4 }), "new axis and from the end");
        Checks.That(x[.., TensorIndex.Tensor(tensor(new long[] { 2, 0 }))].shape.SequenceEqual(new long[] { 2, 2, 4 }), "places");
        Checks.That(x[x > 20].numel() == 3 && x[0, TensorIndex.Slice(step: 2)].shape[0] == 2, "mask and step");
        x[0, .., 1] = zeros(3, dtype: int64);
        x[1, 1, 1] = tensor(100L);
        Checks.That(x[0].sum().item<long>() == 66 - 15 && x.max().item<long>() == 100, "assignment");
        Checks.Near(x.@double().mean([0, 2]), x.@double().sum([0, 2]) / 8, 1e-12, "mean over two dimensions");
    }

    private static void Clipping()
    {
        using DisposeScope scope = NewDisposeScope();
        var a = new Parameter(full([4], 3.0));
        a.square().sum().backward();
        double before = nn.utils.clip_grad_norm_([a], 1.0);
        Checks.That(Math.Abs(before - 12) < 1e-5 && Math.Abs(a.grad!.norm().item<float>() - 1) < 1e-5, $"norm {before}");
    }
}
