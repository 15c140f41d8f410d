namespace TorchSharp.Interop;

internal static partial class Aten
{
    internal static readonly Operator _pack_padded_sequence = new("aten::_pack_padded_sequence", 3);
    internal static readonly Operator _pad_packed_sequence = new("aten::_pad_packed_sequence", 5);
    internal static readonly Operator binary_cross_entropy_with_logits = new("aten::binary_cross_entropy_with_logits", 5);
    internal static readonly Operator dropout = new("aten::dropout", 3);
    internal static readonly Operator dropout_ = new("aten::dropout_", 3);
    internal static readonly Operator elu = new("aten::elu", 4);
    internal static readonly Operator elu_ = new("aten::elu_", 2);
    internal static readonly Operator gru_data = new("aten::gru.data", 9);
    internal static readonly Operator gru_input = new("aten::gru.input", 9);
    internal static readonly Operator layer_norm = new("aten::layer_norm", 5);
    internal static readonly Operator linear = new("aten::linear", 3);
    internal static readonly Operator lstm_data = new("aten::lstm.data", 9);
    internal static readonly Operator lstm_input = new("aten::lstm.input", 9);
    internal static readonly Operator norm_ScalarOpt_dim = new("aten::norm.ScalarOpt_dim", 4);
    internal static readonly Operator pad_sequence = new("aten::pad_sequence", 3);
    internal static readonly Operator rnn_relu_data = new("aten::rnn_relu.data", 9);
    internal static readonly Operator rnn_relu_input = new("aten::rnn_relu.input", 9);
    internal static readonly Operator rnn_tanh_data = new("aten::rnn_tanh.data", 9);
    internal static readonly Operator rnn_tanh_input = new("aten::rnn_tanh.input", 9);
    internal static readonly Operator softplus = new("aten::softplus", 3);
    internal static readonly Operator constant_pad_nd = new("aten::constant_pad_nd", 3);
    internal static readonly Operator gru_cell = new("aten::gru_cell", 6);
    internal static readonly Operator lstm_cell = new("aten::lstm_cell", 6);
    internal static readonly Operator pad = new("aten::pad", 3);
}
