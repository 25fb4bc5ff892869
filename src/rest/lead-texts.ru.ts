// What is said in Russian to somebody who leaves their data.
import type { LeadTexts } from './lead-texts.js';

export const leadTextsRu: LeadTexts = {
  language: 'ru',
  faults: {
    missing: 'Заполните это поле.',
    string_type: 'Здесь нужен текст.',
    string_too_long: 'Слишком длинно; сократите.',
    value_error: 'Такое значение не подходит.',
    unreadable: 'Сохранённое значение больше не читается; укажите его заново.',
  },
  faultsOf: {
    name: { missing: 'Укажите имя.', value_error: 'В имени есть управляющие символы; уберите их.' },
    email: { missing: 'Укажите e-mail.', value_error: 'Нужен адрес e-mail, например anna@example.com.' },
    phone: { missing: 'Укажите телефон.', value_error: 'Нужен номер телефона, например +7 900 123-45-67.' },
    ip_address: { value_error: 'Нужен IP-адрес, например 203.0.113.7.' },
    status: { value_error: 'Возможны NEW, CONTACTED, QUALIFIED, CONVERTED и LOST.' },
    limit: { value_error: 'Нужно число от 1 до 100.' },
    offset: { value_error: 'Нужно целое число, 0 или больше.' },
  },
  reasons: {
    DUPLICATE_EMAIL: 'Этот e-mail нам уже известен.',
    DUPLICATE_PHONE: 'Этот телефон нам уже известен.',
    DUPLICATE_IP: 'С этого IP-адреса контакты уже оставляли.',
    IDEMPOTENCY_KEY_REUSED: 'Этот Idempotency-Key уже приходил с другими данными.',
    ADDRESS_BLOCKED: 'Этот адрес заблокирован. Обратитесь к владельцу сервера.',
    PASSWORD_CHANGE_REQUIRED: 'Сначала смените одноразовый пароль.',
  },
  limited: (seconds) => `Слишком много попыток. Попробуйте снова через ${seconds} с.`,
  codes: {
    UNAUTHENTICATED: 'Войдите: токена нет, или он не действует.',
    FORBIDDEN: 'У этой учётной записи нет на это права.',
    NOT_FOUND: 'Такого лида нет.',
    UNAVAILABLE: 'Сервер сейчас не может принять запрос. Ничего не сохранено; повторите его немного позже.',
    INTERNAL: 'Ошибка на нашей стороне. Ничего не сохранено; повторите запрос.',
  },
  statuses: {
    408: 'Запрос шёл слишком долго; повторите его.',
    413: 'Слишком много данных; сократите.',
    415: 'Пришлите application/json или форму без файлов.',
  },
  unreadable: 'Запрос не читается: нужен JSON-объект с полями name, email и phone.',
  marked: 'Проверьте отмеченные поля.',
  page: {
    title: 'Оставьте контакты',
    about: 'Мы свяжемся с вами.',
    name: 'Имя',
    email: 'E-mail',
    phone: 'Телефон',
    phoneHint: 'Номер другой страны — с плюсом и кодом страны.',
    send: 'Отправить',
    error: 'Ошибка',
    kept: 'E-mail и телефон хранятся в зашифрованном виде. Ваш IP-адрес сохраняется тоже: с одного адреса контакты оставляют один раз.',
    languages: 'Язык',
    thanks: 'Спасибо!',
    taken: 'Контакты получены. Мы свяжемся с вами.',
  },
};
